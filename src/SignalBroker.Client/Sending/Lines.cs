namespace SignalBroker.Client.Sending;

/// <summary>Whose turn it is: one signal at a time to a user, room or session, in the order of the calls. Not thread-safe.</summary>
internal sealed class Lines
{
    private readonly Dictionary<(AddresseeKind, string), LinkedList<TaskCompletionSource>> lines = [];

    /// <summary>Takes a place behind all that go to the same addressee.</summary>
    /// <returns>The place; its task ends when it is its turn.</returns>
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

    /// <summary>Gives up a place; if it was the first one, it is the next one's turn.</summary>
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
