using SignalBroker.Bench.Wire;
using SignalBroker.LocalCluster;

namespace SignalBroker.Bench.Systems;

/// <summary>A system that relays signals: its servers run, and clients may connect.</summary>
public interface ISystem : IAsyncDisposable
{
    /// <summary>What the report calls it.</summary>
    string Name { get; }

    IReadOnlyList<SystemPart> Parts { get; }

    /// <summary>How many clients send at once, each waiting for its answer.</summary>
    int Senders { get; }

    /// <summary>Whether the system answers a sender; if not, a sender waits until its signal has arrived.</summary>
    bool Answers { get; }

    /// <summary>Counts what its listeners receive.</summary>
    Arrivals Arrivals { get; }

    /// <summary>Whether one request may bring several signals.</summary>
    bool TakesSeveral => false;

    /// <summary>What two pages send each other to set up a call; empty where nobody plays one.</summary>
    IReadOnlyList<CallTurn> CallTurns => [];

    /// <summary>Opens the client of this number, and returns when it listens.</summary>
    /// <exception cref="ClientFailedException">It could not start to listen.</exception>
    Task<IClient> ListenAsync(int number, CancellationToken cancellationToken);

    /// <summary>Returns when the system itself knows that all its clients listen.</summary>
    Task SettleAsync(CancellationToken cancellationToken) => Task.CompletedTask;
}

/// <summary>A user of a system: one that listens and may send.</summary>
public interface IClient : IDisposable
{
    /// <summary>The name under which others send to it.</summary>
    string Address { get; }

    /// <summary>Completes when its socket is gone.</summary>
    Task Closed { get; }

    /// <summary>Sends a signal and waits for the system's answer; one at a time.</summary>
    /// <returns>Whether the system accepted it.</returns>
    ValueTask<bool> SendAsync(IClient to, Signal signal);

    /// <summary>Sends signals to one addressee, in one request where the system takes several; one call at a time.</summary>
    /// <returns>Whether the system accepted all of them.</returns>
    ValueTask<bool> SendAllAsync(IClient to, IReadOnlyList<Signal> signals);

    /// <summary>Sends a heart-beat before the server takes the client for dead.</summary>
    void SendHeartbeat();
}

/// <summary>What one of two pages sends before it waits for the other.</summary>
/// <param name="ByCaller">Whether the caller sends it.</param>
/// <param name="Sizes">Each signal's content, in characters.</param>
public sealed record CallTurn(bool ByCaller, params IReadOnlyList<int> Sizes);

/// <summary>One server of a system.</summary>
/// <param name="Role">What the report sums it up under, such as <c>broker</c>.</param>
/// <param name="HoldsListeners">Whether the listeners' sockets are its own.</param>
public sealed record SystemPart(string Role, Part Part, bool HoldsListeners = false);

/// <summary>A client could not start to listen.</summary>
public sealed class ClientFailedException(string message, Exception? cause = null) : Exception(message, cause);
