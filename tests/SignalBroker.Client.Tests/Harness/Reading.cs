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
        var read = new List<Signal>();
        await client.ReadUntilAsync(signal =>
        {
            read.Add(signal);
            return read.Count == count;
        });
        return read;
    }

    /// <summary>
    /// Expects, in their order and each once, all numbers that were sent and queued. One whose outcome is unknown, because
    /// a restarted webapp had no link to the node yet, may come or not.
    /// </summary>
    /// <param name="client">The receiver.</param>
    /// <param name="sent">What became of the numbers from 0 on.</param>
    /// <param name="last">The number that comes last.</param>
    public static async Task ShouldHearAsync(this SignalBrokerClient client, IReadOnlyList<Sent> sent, int last)
    {
        var read = new List<int>();
        await client.ReadUntilAsync(signal =>
        {
            read.Add(signal.Content.GetInt32());
            return read[^1] == last;
        });
        read.ShouldBeInOrder();
        read.ShouldBeUnique();
        Enumerable
            .Range(0, sent.Count)
            .Where(n => sent[n].Sessions.Single().Outcome == Outcome.Queued)
            .ShouldBeSubsetOf(read);
    }

    private static async Task ReadUntilAsync(this SignalBrokerClient client, Func<Signal, bool> isLast)
    {
        using var limit = new CancellationTokenSource(Limit);
        using var either = CancellationTokenSource.CreateLinkedTokenSource(
            limit.Token,
            TestContext.Current.CancellationToken
        );
        await foreach (var signal in client.ReadSignalsAsync(either.Token))
        {
            if (isLast(signal))
            {
                return;
            }
        }
    }
}
