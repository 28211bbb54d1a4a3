namespace SignalBroker.Client.Listening;

/// <summary>Counts the webapps that have said that they send nothing more to a session from which another has taken over.</summary>
/// <remarks>Only the old session's listener may call it.</remarks>
internal sealed class Markers
{
    private readonly HashSet<string> heard = [];
    private readonly TaskCompletionSource first = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly TaskCompletionSource all = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private int expected = 1;

    /// <summary>Ends with the first one: then a successor has taken over.</summary>
    public Task First => first.Task;

    /// <summary>Ends with the last one.</summary>
    public Task All => all.Task;

    /// <param name="by">Which webapp says so.</param>
    /// <param name="of">How many it knows of; they may not agree while one starts or stops.</param>
    public void Hear(string by, int of)
    {
        heard.Add(by);
        expected = Math.Max(expected, of);
        if (heard.Count >= expected)
        {
            all.TrySetResult();
        }

        first.TrySetResult();
    }
}
