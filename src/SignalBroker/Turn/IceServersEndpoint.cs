using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Turn;

/// <summary><c>GET /ice-servers</c>: fresh credentials for a session whose own are about to expire.</summary>
public sealed class IceServersEndpoint(SessionDirectory directory, IceServers servers, StrangeBehaviorLog strange)
{
    /// <summary>Handles one request.</summary>
    public async Task<IResult> HandleAsync(HttpRequest request)
    {
        if (LastCredential.Read(request) is not { } credential)
        {
            return Problem.Unauthorized;
        }

        if (await directory.AuthenticateAsync(credential) is { } session)
        {
            request.HttpContext.Response.Headers.CacheControl = "no-store";
            return TypedResults.Ok(servers.For(session.ListeningKey));
        }

        strange.RecordBruteForce(
            request.HttpContext,
            "wrong or unknown credential at /ice-servers",
            credential.ListeningKey
        );
        return Problem.Unauthorized;
    }
}
