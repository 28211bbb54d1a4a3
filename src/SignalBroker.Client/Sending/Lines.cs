using SignalBroker.Client.Http;

namespace SignalBroker.Client.Sending;

/// <summary>Signals to a user, room or session, in the order of the calls, of which the first is sent. Not thread-safe.</summary>
internal sealed class Lines
{
    private readonly Dictionary<(AddresseeKind, string), LinkedList<Place>> lines = [];

    /// <summary>Queues behind all signals to the same recipient.</summary>
    public Place Enter(OutgoingSignal signal)
    {
        var name = NameOf(signal.To);
        if (!lines.TryGetValue(name, out var line))
        {
            lines[name] = line = [];
        }

        var place = new Place(signal, line);
        if (line.Count == 1)
        {
            place.TakeTurn();
        }

        return place;
    }

    /// <summary>Gives up a place; if it was first, the next one's turn has come.</summary>
    public void Leave(Place place)
    {
        var line = place.Node.List!;
        var wasFirst = ReferenceEquals(line.First, place.Node);
        line.Remove(place.Node);
        if (line.First is not { } next)
        {
            lines.Remove(NameOf(place.Signal.To));
        }
        else if (wasFirst)
        {
            next.Value.TakeTurn();
        }
    }

    /// <summary>The place, whose turn it is, and those behind it that wait and fit into the same request.</summary>
    /// <remarks>From then on they wait for the answer to that request.</remarks>
    public static IReadOnlyList<Place> TakeTogether(Place first)
    {
        var taken = new List<Place> { first };
        var bytes = SignalArray.SizeWith(0, first.Signal.Body);
        for (
            var next = first.Node.Next;
            next is { Value.Waits: true } && taken.Count < SignalArray.MaxSignals;
            next = next.Next
        )
        {
            bytes = SignalArray.SizeWith(bytes, next.Value.Signal.Body);
            if (bytes > SignalArray.MaxBytes)
            {
                break;
            }

            taken.Add(next.Value);
            next.Value.GoAlong();
        }

        return taken;
    }

    /// <summary>Waits for one's turn once more, in the same place.</summary>
    public static void WaitAgain(Place place)
    {
        place.WaitAgain();
        if (ReferenceEquals(place.Node.List!.First, place.Node))
        {
            place.TakeTurn();
        }
    }

    // A device's signals must not overtake those to all devices of its user.
    private static (AddresseeKind Kind, string Name) NameOf(Addressee to) => (to.Kind, to.Name);
}

/// <summary>A signal's place in its line.</summary>
internal sealed class Place
{
    private TaskCompletionSource turn = NewTurn();

    public Place(OutgoingSignal signal, LinkedList<Place> line) => (Signal, Node) = (signal, line.AddLast(this));

    public OutgoingSignal Signal { get; }

    public LinkedListNode<Place> Node { get; }

    /// <summary>Ends when its turn has come, or when it goes along with the one before it.</summary>
    public Task Turn => turn.Task;

    /// <summary>What becomes of it together with the one before it; null while it goes by itself.</summary>
    public TaskCompletionSource<SignalAnswer>? Along { get; private set; }

    public bool Waits => !turn.Task.IsCompleted;

    public void TakeTurn() => turn.TrySetResult();

    public void GoAlong()
    {
        Along = new(TaskCreationOptions.RunContinuationsAsynchronously);
        turn.TrySetResult();
    }

    public void WaitAgain() => (Along, turn) = (null, NewTurn());

    private static TaskCompletionSource NewTurn() => new(TaskCreationOptions.RunContinuationsAsynchronously);
}
