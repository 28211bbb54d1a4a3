using System.Net.Sockets;
using System.Security.Authentication;
using SignalBroker.Client;

namespace SignalBroker.Storm.Clients;

/// <summary>A failure that has a stable name, under which it is counted.</summary>
public abstract class NamedFailureException(string code, string message, Exception? cause = null)
    : Exception(message, cause)
{
    /// <summary>The name: the server's problem code, or what broke.</summary>
    public string Code { get; } = code;

    /// <summary>The name of any failure.</summary>
    public static string CodeOf(Exception failure) =>
        failure switch
        {
            NamedFailureException named => named.Code,
            // What the sockets say is more telling.
            SignalBrokerException { InnerException: HttpRequestException { InnerException: { } cause } } => CodeOf(
                cause
            ),
            SignalBrokerException { InnerException: SocketException or OperationCanceledException } known => CodeOf(
                known.InnerException is SocketException ? known.InnerException : new TimeoutException()
            ),
            SignalBrokerException known => known.Code,
            TimeoutException => "timeout",
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
            ServerRefusedException refused => refused.IsTransient,
            Client.ServerRefusedException refused => refused.Status is 429 or 503,
            _ => failure is SignalBrokerException or TimeoutException or IOException or SocketException,
        };
}

/// <summary>The server answered with an error.</summary>
public sealed class ServerRefusedException(int status, string code, string detail, TimeSpan? retryAfter)
    : NamedFailureException(code, $"{status} {code}: {detail}")
{
    public int Status { get; } = status;

    /// <summary>How long the server wants to be left alone; null when it does not say.</summary>
    public TimeSpan? RetryAfter { get; } = retryAfter;

    /// <summary>Whether the same call may succeed later.</summary>
    public bool IsTransient => Status is 429 or 503;
}

/// <summary>A load can't go on; the message says why, in one line.</summary>
public sealed class LoadFailedException(string message, Exception? cause = null) : Exception(message, cause);
