namespace SignalBroker.Broker;

/// <summary>Counts what a webapp has taken from a queue and not settled yet, so that no sender takes all the places.</summary>
/// <param name="places">How much the queue hands out before anything is settled.</param>
internal sealed class Unsettled(int places)
{
    private readonly Lock counting = new();
    private readonly Dictionary<string, int> bySender = [];
    private int all;

    /// <summary>Whether the sender has as many places as half of those that are free.</summary>
    /// <remarks>So others find a place, unless there are as many senders as places.</remarks>
    public bool Crowds(string sender)
    {
        lock (counting)
        {
            return 2 * bySender.GetValueOrDefault(sender) >= places - all;
        }
    }

    public void Add(string sender) => Count(sender, 1);

    public void Remove(string sender) => Count(sender, -1);

    private void Count(string sender, int more)
    {
        lock (counting)
        {
            all += more;
            var count = bySender.GetValueOrDefault(sender) + more;
            if (count == 0)
            {
                bySender.Remove(sender);
            }
            else
            {
                bySender[sender] = count;
            }
        }
    }
}
