using SignalBroker.Compatibility;
using SignalBroker.Sessions;

namespace SignalBroker.Connect;

/// <summary><c>POST /disconnect</c>: ends the session whose credential it is, and closes its socket.</summary>
internal sealed class DisconnectEndpoint(
    SessionStore store,
    SessionDirectory directory,
    SessionCloser closer,
    OriginalClient originalClient
)
{
    /// <summary>Ends the session whose credential it is.</summary>
    /// <remarks>Answers 204 to any well-formed credential, known or not, and closes the socket.</remarks>
    public async Task<IResult> HandleAsync(HttpRequest request)
    {
        if ((LastCredential.Read(request) ?? await originalClient.FindCredentialAsync(request)) is not { } credential)
        {
            return Problem.Unauthorized;
        }

        // The same answer for known and unknown: a session that has just ended by itself is none of the client's worries.
        if (await store.EndAsync(credential) is { } session)
        {
            directory.Forget(session);
            closer.Close(session, "disconnected");
        }

        return TypedResults.NoContent();
    }
}
