using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Sessions;

/// <summary>Finds out which session a request comes from, where only a session may ask.</summary>
internal sealed class SessionProof(SessionDirectory directory, StrangeBehaviorLog strange)
{
    /// <summary>The session whose credential the request bears; null when it bears none that is good.</summary>
    /// <param name="path">What it asks for, for the record of a wrong one.</param>
    public async ValueTask<Session?> FindAsync(HttpRequest request, string path)
    {
        if (LastCredential.Read(request) is not { } credential)
        {
            return null;
        }

        if (await directory.AuthenticateAsync(credential) is { } session)
        {
            return session;
        }

        strange.RecordBruteForce(
            request.HttpContext,
            $"wrong or unknown credential at {path}",
            credential.ListeningKey
        );
        return null;
    }

    /// <summary>The session whose request this is; its answer is not to be stored by anybody.</summary>
    /// <param name="path">What it asks for, for the record of a wrong credential.</param>
    /// <exception cref="RefusedException">It bears no good credential, or one of an original page's, which proves nothing.</exception>
    public async ValueTask<Session> RequireAsync(HttpRequest request, string path)
    {
        request.HttpContext.Response.Headers.CacheControl = "no-store";
        return await FindAsync(request, path) is { OriginalClient: false } session
            ? session
            : throw new RefusedException(Problem.Unauthorized);
    }
}
