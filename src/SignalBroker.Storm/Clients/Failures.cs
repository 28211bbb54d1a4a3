using System.Net.Sockets;
using System.Security.Authentication;
using SignalBroker.Client;

namespace SignalBroker.Storm.Clients;

/// <summary>The codes under which failures are counted, and which failures may pass.</summary>
public static class Failures
{
    /// <summary>The server's problem code, or what broke.</summary>
    public static string CodeOf(Exception failure) =>
        failure switch
        {
            // What the sockets say is more telling.
            SignalBrokerException { InnerException: HttpRequestException { InnerException: { } cause } } => CodeOf(
                cause
            ),
            SignalBrokerException { InnerException: SocketException cause } => CodeOf(cause),
            SignalBrokerException { InnerException: OperationCanceledException } or TimeoutException => "timeout",
            SignalBrokerException known => known.Code,
            SocketException { SocketErrorCode: SocketError.ConnectionRefused } => "connection-refused",
            SocketException { SocketErrorCode: SocketError.TooManyOpenSockets } => "too-many-open-files",
            SocketException { SocketErrorCode: SocketError.AddressAlreadyInUse } => "no-free-port",
            SocketException => "server-unreachable",
            AuthenticationException => "tls-failed",
            IOException => "connection-lost",
            OperationCanceledException or ObjectDisposedException => "stopped",
            _ => failure.GetType().Name,
        };

    /// <summary>Whether trying again may help.</summary>
    public static bool MayPass(Exception failure) =>
        failure switch
        {
            ServerRefusedException refused => refused.Status is 429 or 503,
            _ => failure is SignalBrokerException or TimeoutException or IOException or SocketException,
        };
}

/// <summary>A load can't go on; the message says why, in one line.</summary>
public sealed class LoadFailedException(string message, Exception? cause = null) : Exception(message, cause);
