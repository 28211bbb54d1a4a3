using System.Text;

namespace SignalBroker.Tests.Harness;

/// <summary>A socket through which a session listens, by whatever protocol.</summary>
public interface IListenerSocket : IAsyncDisposable
{
    /// <summary>Ends when the other side has closed the socket, or the connection is lost.</summary>
    Task Closed { get; }

    /// <summary>Everything that has arrived, to the letter.</summary>
    StringBuilder Transcript { get; }

    /// <summary>The next signal's envelope; null when the socket has closed.</summary>
    Task<string?> ReceiveAsync(TimeSpan? patience = null);

    /// <summary>The envelopes that have arrived and were not read yet.</summary>
    IReadOnlyList<string> ArrivedEnvelopes();

    /// <summary>Sends a signal.</summary>
    Task SendSignalAsync(ConnectedSession session, string body);

    /// <summary>Breaks the connection without a word, as a lost network does.</summary>
    void Abort();
}
