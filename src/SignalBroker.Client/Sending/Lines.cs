namespace SignalBroker.Client.Sending;

/// <summary>One signal at a time to a user, room or session, in the order of the calls. Not thread-safe.</summary>
internal sealed class Lines
{
    private readonly Dictionary<(AddresseeKind, string), LinkedList<TaskCompletionSource>> lines = [];

    /// <summary>Queues behind all signals to the same recipient.</summary>
    /// <returns>The place in the line; its task ends when its turn has come.</returns>
    public LinkedListNode<TaskCompletionSource> Enter(Addressee to)
    {
        var name = NameOf(to);
        if (!lines.TryGetValue(name, out var line))
        {
            lines[name] = line = [];
        }

        var turn = line.AddLast(new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously));
        if (line.Count == 1)
        {
            turn.Value.SetResult();
        }

        return turn;
    }

    /// <summary>Gives up a place; if it was first, the next one's turn has come.</summary>
    public void Leave(Addressee to, LinkedListNode<TaskCompletionSource> turn)
    {
        var line = turn.List!;
        var wasFirst = ReferenceEquals(line.First, turn);
        line.Remove(turn);
        if (line.First is not { } next)
        {
            lines.Remove(NameOf(to));
        }
        else if (wasFirst)
        {
            next.Value.SetResult();
        }
    }

    // A device's signals must not overtake those to all devices of its user.
    private static (AddresseeKind Kind, string Name) NameOf(Addressee to) => (to.Kind, to.Name);
}
