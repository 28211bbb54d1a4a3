using SignalBroker.Compatibility;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Sessions;

namespace SignalBroker.Connect;

/// <summary><c>POST /disconnect</c>: ends the session whose credential it is, and closes its socket.</summary>
public sealed class DisconnectEndpoint(
    SessionStore store,
    SessionDirectory directory,
    SessionCloser closer,
    OriginalClient originalClient
)
{
    /// <summary>Handles one request.</summary>
    public async Task<IResult> HandleAsync(HttpRequest request)
    {
        if (await ReadCredentialAsync(request) is not { } credential)
        {
            return Problem.Unauthorized;
        }

        // The same answer for known and unknown: a session that has just ended by itself is none of the client's worries.
        if (await store.EndAsync(credential) is { } session)
        {
            directory.Forget(session.UserId, session.ListeningKey);
            closer.Close(session, "disconnected");
        }

        return TypedResults.NoContent();
    }

    private async Task<Credential?> ReadCredentialAsync(HttpRequest request)
    {
        if (LastCredential.Read(request) is { } credential)
        {
            return credential;
        }

        // The original page proves itself with nothing but its queue's name, which is its secret too.
        if (originalClient.Enabled && RequestBody.HasForm(request))
        {
            var form = new FormFields(await RequestBody.ReadFormAsync(request), "queueName");
            if (form["queueName"] is { } key && ListeningKey.IsWellFormed(key))
            {
                return new(key, PasscodeHash.Of(key));
            }
        }

        return null;
    }
}
