using System.Runtime.InteropServices;
using System.Threading.Channels;
using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>The signals to somebody hidden that have been answered and are still to be sent.</summary>
/// <remarks>
/// Nothing is asked about the addressee before the answer is there, so neither the answer nor its time can tell anything. Nor
/// does what follows: it goes at even beats, so many at a time that all have arrived by the next one, whoever the addressees
/// are. One queue keeps the order; it waits for the database and never for a node, and what is not hidden waits
/// in it as well while the same sender has something in it.
/// </remarks>
internal sealed partial class HiddenQueue(TimeProvider clock, ILogger<HiddenQueue> logger) : IHostedService
{
    /// <summary>How long after its answer a signal is sent at the earliest: much longer than the answer needs to reach the network.</summary>
    public static readonly TimeSpan Delay = TimeSpan.FromMilliseconds(5);

    /// <summary>Between the moments at which signals are sent.</summary>
    public static readonly TimeSpan Beat = TimeSpan.FromMilliseconds(10);

    // Sending and delivering one takes some 100 µs.
    private const int LargestBatch = 100;
    private const int LargestBatchOfSender = 10;
    private const int MaxBytesWaiting = 64 << 20;
    private const int BytesBeside = 512;

    private readonly Channel<Waiting> queue = Channel.CreateUnbounded<Waiting>();
    private readonly List<Waiting> held = [];
    private readonly Lock counting = new();
    private readonly Dictionary<string, int> bySender = [];
    private volatile int senders;
    private int bytes;
    private Task running = Task.CompletedTask;

    /// <summary>Takes a signal that has been accepted.</summary>
    /// <param name="size">How many bytes it holds until the nodes have answered.</param>
    /// <param name="findAsync">Finds out where it is to go; what it returns then sends it, and must hand it to the node before it waits.</param>
    /// <exception cref="RefusedException">Too many wait for the database or for a node already.</exception>
    public void Add(string sender, int size, Func<Task<Func<Task>>> findAsync) =>
        Add(new(clock.GetTimestamp(), sender, size + BytesBeside, findAsync, Reached: null));

    /// <summary>Waits until what the sender has sent to somebody hidden is on its way.</summary>
    /// <exception cref="RefusedException">Too many wait already.</exception>
    public Task TurnAsync(Sender sender) =>
        senders > 0 && sender.Session is { } session && Has(session.ListeningKey)
            ? ReachedAsync(session.ListeningKey)
            : Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken)
    {
        running = Task.Run(SendAsync, CancellationToken.None);
        return Task.CompletedTask;
    }

    /// <summary>Sends what has been answered.</summary>
    public Task StopAsync(CancellationToken cancellationToken)
    {
        queue.Writer.TryComplete();
        return running.WaitAsync(cancellationToken);
    }

    private async Task SendAsync()
    {
        var sending = Task.CompletedTask;
        while (await queue.Reader.WaitToReadAsync())
        {
            using var beats = new PeriodicTimer(Beat, clock);
            while (held.Count > 0 || queue.Reader.TryPeek(out _))
            {
                // Not on this thread, or a long round would be over before its beat is waited for.
                var round = Task.Run(SendDueAsync);
                do
                {
                    await beats.WaitForNextTickAsync();
                } while (!round.IsCompleted);

                var sent = await round;
                sent.Reached.ForEach(reached => reached.SetResult());
                sending = Task.WhenAll(sending, sent.Sending);
            }
        }

        await sending;
    }

    private Task ReachedAsync(string sender)
    {
        var reached = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Add(new(clock.GetTimestamp(), sender, BytesBeside, FindAsync: null, reached));
        return reached.Task;
    }

    private void Add(Waiting waiting)
    {
        if (Interlocked.Add(ref bytes, waiting.Size) > MaxBytesWaiting)
        {
            Interlocked.Add(ref bytes, -waiting.Size);
            throw new RefusedException(Problem.DatabaseUnavailable);
        }

        Count(waiting.Sender, 1);
        if (!queue.Writer.TryWrite(waiting))
        {
            // The webapp is stopping.
            Count(waiting.Sender, -1);
            throw new RefusedException(Problem.DatabaseUnavailable);
        }
    }

    // Sending ends when the nodes have answered; who is reached has nothing before it in the queue any more.
    private async Task<(Task Sending, List<TaskCompletionSource> Reached)> SendDueAsync()
    {
        var due = TakeDue();
        // All at once, so that they share their questions to the database.
        var finding = due.ConvertAll(signal => signal.FindAsync?.Invoke());
        foreach (var found in finding)
        {
            await ((Task?)found ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        var sending = new List<Task>(due.Count);
        var reached = new List<TaskCompletionSource>();
        foreach (var (signal, found) in due.Zip(finding))
        {
            if (found is null)
            {
                reached.Add(signal.Reached!);
                Interlocked.Add(ref bytes, -signal.Size);
            }
            else
            {
                sending.Add(SendAsync(found, signal.Size));
            }

            Count(signal.Sender, -1);
        }

        return (Task.WhenAll(sending), reached);
    }

    // Of a sender whose share is full the rest waits, in its order.
    private List<Waiting> TakeDue()
    {
        while (queue.Reader.TryRead(out var next))
        {
            held.Add(next);
        }

        var due = new List<Waiting>();
        var ofSenders = new Dictionary<string, int>();
        held.RemoveAll(next =>
        {
            ref var ofSender = ref CollectionsMarshal.GetValueRefOrAddDefault(ofSenders, next.Sender, out _);
            if (
                due.Count == LargestBatch
                || ofSender == LargestBatchOfSender
                || clock.GetElapsedTime(next.Since) < Delay
            )
            {
                ofSender = LargestBatchOfSender;
                return false;
            }

            ofSender++;
            due.Add(next);
            return true;
        });
        return due;
    }

    private async Task SendAsync(Task<Func<Task>> found, int size)
    {
        try
        {
            await (await found)();
        }
        catch (Exception failure)
        {
            LogNotSent(failure.Message);
        }
        finally
        {
            Interlocked.Add(ref bytes, -size);
        }
    }

    private bool Has(string sender)
    {
        lock (counting)
        {
            return bySender.ContainsKey(sender);
        }
    }

    private void Count(string sender, int more)
    {
        lock (counting)
        {
            var count = bySender.GetValueOrDefault(sender) + more;
            if (count == 0)
            {
                bySender.Remove(sender);
            }
            else
            {
                bySender[sender] = count;
            }

            senders = bySender.Count;
        }
    }

    [LoggerMessage(LogLevel.Warning, "A signal to somebody who is hidden from its sender was not sent: {Reason}")]
    private partial void LogNotSent(string reason);

    // Either a signal, or somebody who waits until this place is reached.
    private sealed record Waiting(
        long Since,
        string Sender,
        int Size,
        Func<Task<Func<Task>>>? FindAsync,
        TaskCompletionSource? Reached
    );
}
