using System.Diagnostics.CodeAnalysis;
using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>The session of a client that listens, from which others may take over.</summary>
/// <remarks>Nothing is ended within the lock, because of all that an end sets off.</remarks>
[SuppressMessage("Design", "CA1001", Justification = "The source holds neither a timer nor a handle.")]
internal sealed class CurrentSession(SignalBrokerClient client)
{
    private readonly Lock changing = new();
    private readonly CancellationTokenSource closing = new();
    private ListeningSession? current;
    private bool isEnding;

    // It has been opened, and is about to take over.
    private OpenSession? successor;
    private Move? move;

    /// <summary>Cancelled when the client is closed.</summary>
    public CancellationToken Closing => closing.Token;

    /// <exception cref="OperationCanceledException">The client is closed.</exception>
    public void Begin(ListeningSession listening)
    {
        lock (changing)
        {
            (current, isEnding) = (listening, false);
            closing.Token.ThrowIfCancellationRequested();
        }
    }

    /// <summary>Begins to move the session that listens, unless that is under way.</summary>
    public Move? BeginMove(Func<ListeningSession, Move> begin)
    {
        Move? last;
        Move? next;
        lock (changing)
        {
            if (current is null || move?.Tries(current) == true || closing.IsCancellationRequested)
            {
                return null;
            }

            (last, move) = (move, next = begin(current));
        }

        last?.Stop();
        return next;
    }

    /// <summary>Hears that a webapp sends nothing more to a session from which another one has taken over.</summary>
    public void Hear(SessionEvent moved)
    {
        Move? last;
        lock (changing)
        {
            last = move;
        }

        last?.Hear(moved);
    }

    /// <summary>Has requests made as the successor of a session from now on, or as that session again.</summary>
    public void Prepare(ListeningSession old, OpenSession? successor)
    {
        lock (changing)
        {
            if (current == old)
            {
                this.successor = successor;
                client.SendAs(successor is null ? old : new(successor, old.Listener, old.SendsAfter));
            }
        }
    }

    /// <summary>Puts a successor in the place of a session, which is <c>closed</c> later.</summary>
    /// <returns>False if the old one is lost or ended, or the client closed.</returns>
    public bool Follow(ListeningSession old, ListeningSession next, Task<ListeningSession> closed)
    {
        lock (changing)
        {
            if (current != old || isEnding || closing.IsCancellationRequested)
            {
                return false;
            }

            (old.Successor, current, successor) = (closed, next, null);
            return true;
        }
    }

    /// <summary>Forgets a move that is over.</summary>
    public void Forget(Move over)
    {
        lock (changing)
        {
            move = move == over ? null : move;
        }
    }

    /// <summary>Ends the session that listens, if there is one.</summary>
    /// <remarks>If <c>only</c> is not null, it is ended only if requests are made as that one.</remarks>
    public void End(Interruption why, OpenSession? only = null)
    {
        ListeningSession? ended;
        lock (changing)
        {
            if (only is not null && (successor is not null || only != current?.Session))
            {
                return;
            }

            (ended, isEnding) = (current, true);
        }

        ended?.Listener.End(why);
    }

    /// <summary>Leaves a session that is lost.</summary>
    /// <returns>The session that has taken over from it, once the old one is closed; null if there is none.</returns>
    public Task<ListeningSession>? Leave(ListeningSession lost)
    {
        lock (changing)
        {
            if (lost.Successor is null)
            {
                // None may take over from it any more.
                isEnding = true;
            }

            return lost.Successor;
        }
    }

    /// <summary>Ends whatever there is.</summary>
    public void Drop()
    {
        ListeningSession? ended;
        Move? stopped;
        lock (changing)
        {
            (ended, stopped) = (current, move);
            (current, successor, move) = (null, null, null);
        }

        stopped?.Stop();
        ended?.Listener.Dispose();
    }

    /// <summary>Lets none begin any more, and takes leave of the one that listens.</summary>
    public async Task CloseAsync(Func<ListeningSession, Task> leave)
    {
        await closing.CancelAsync();
        ListeningSession? last;
        Move? stopped;
        lock (changing)
        {
            (last, stopped) = (current, move);
        }

        stopped?.Stop();
        await (last is null ? Task.CompletedTask : leave(last));
        await (stopped?.RunAsync() ?? Task.CompletedTask).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }
}
