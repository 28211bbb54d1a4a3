using System.Diagnostics;
using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Pokes;

/// <summary>The controller's own record of one tree: which pokes are out, and which were answered.</summary>
internal sealed class PokeTree(string id, int leaves)
{
    private readonly Lock growing = new();
    private readonly SortedSet<int> waiting = [];
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long since = Stopwatch.GetTimestamp();
    private long lastAnswerAt = Stopwatch.GetTimestamp();
    private int answered;
    private bool failed;
    private volatile bool isOver;

    public string Id { get; } = id;

    public int Expected { get; } = (2 * leaves) - 1;

    /// <summary>Whether it has been summed up and has stopped growing.</summary>
    public bool IsOver => isOver;

    /// <summary>Ends when every poke is answered, or one can't be sent.</summary>
    public Task Ended => ended.Task;

    /// <summary>A poke's name; the children of number n are 2n and 2n + 1, and the root is 1.</summary>
    public string NameOf(int number) => $"{Id}.{number}";

    public void Sent(int number)
    {
        lock (growing)
        {
            waiting.Add(number);
        }
    }

    public void Answered(int number)
    {
        lock (growing)
        {
            waiting.Remove(number);
            lastAnswerAt = Stopwatch.GetTimestamp();
            if (++answered == Expected)
            {
                ended.TrySetResult();
            }
        }
    }

    public void CouldNotSend(int number)
    {
        lock (growing)
        {
            waiting.Remove(number);
            failed = true;
            ended.TrySetResult();
        }
    }

    /// <summary>Stops the growth and says how it ended.</summary>
    public TreeResult Sum()
    {
        isOver = true;
        lock (growing)
        {
            var outcome =
                answered == Expected ? "complete"
                : failed || answered == 0 ? "failed"
                : "partial";
            return new(Id, outcome, answered, Expected, [.. waiting.Select(NameOf)])
            {
                Duration = Stopwatch.GetElapsedTime(since, lastAnswerAt),
            };
        }
    }
}
