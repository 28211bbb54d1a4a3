namespace SignalBroker.Client.Tests.Harness;

/// <summary>Short words for what tests do with a client.</summary>
public static class Reading
{
    private static readonly TimeSpan Limit = TimeSpan.FromMinutes(1);

    /// <summary>The next signal.</summary>
    public static async Task<Signal> NextSignalAsync(this SignalBrokerClient client) =>
        (await client.NextSignalsAsync(1))[0];

    /// <summary>So many signals.</summary>
    public static async Task<IReadOnlyList<Signal>> NextSignalsAsync(this SignalBrokerClient client, int count)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            limit.Token,
            TestContext.Current.CancellationToken
        );
        var read = new List<Signal>();
        await foreach (var signal in client.ReadSignalsAsync(either.Token))
        {
            read.Add(signal);
            if (read.Count == count)
            {
                break;
            }
        }

        return read;
    }
}
