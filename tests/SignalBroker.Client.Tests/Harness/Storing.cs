namespace SignalBroker.Client.Tests.Harness;

/// <summary>Short words for what tests do with stored signals.</summary>
public static class StoringSignals
{
    public static SendOptions Stored => new() { Store = Storing.Always };

    /// <summary>Stores numbers, one after the other.</summary>
    public static async Task StoreAsync(this SignalBrokerClient sender, string to, int first, int count)
    {
        var sending = Enumerable
            .Range(first, count)
            .Select(n =>
                sender.SendAsync(
                    to,
                    n,
                    Stored with
                    {
                        TimeToLive = TimeSpan.FromHours(1),
                    },
                    TestContext.Current.CancellationToken
                )
            );
        (await Task.WhenAll(sending)).ShouldAllBe(sent => sent.IsStored);
    }

    /// <summary>What the signals hold.</summary>
    public static IEnumerable<int> Numbers(this IEnumerable<Signal> signals) =>
        signals.Select(signal => signal.Content.GetInt32());

    /// <summary>What the device has not settled.</summary>
    public static async Task<IEnumerable<int>> UnsettledAsync(this SignalBrokerClient client) =>
        (await client.Inbox.ReadAsync(0, cancellationToken: TestContext.Current.CancellationToken)).Signals.Numbers();

    /// <summary>Waits until the device has settled all but these.</summary>
    public static async Task ShouldOweAsync(this SignalBrokerClient client, params int[] numbers)
    {
        using var limit = new CancellationTokenSource(TimeSpan.FromSeconds(30));
        while (!(await client.UnsettledAsync()).SequenceEqual(numbers))
        {
            limit.IsCancellationRequested.ShouldBeFalse();
        }
    }
}
