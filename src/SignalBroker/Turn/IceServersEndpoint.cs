using SignalBroker.Http;
using SignalBroker.Sessions;

namespace SignalBroker.Turn;

/// <summary><c>GET /ice-servers</c>: fresh credentials for a session whose own are about to expire.</summary>
internal sealed class IceServersEndpoint(SessionProof proof, IceServers servers)
{
    /// <summary>Handles one request.</summary>
    public async Task<IResult> HandleAsync(HttpRequest request)
    {
        if (await proof.FindAsync(request, "/ice-servers") is not { } session)
        {
            return Problem.Unauthorized;
        }

        request.HttpContext.Response.Headers.CacheControl = "no-store";
        return TypedResults.Ok(servers.For(session.ListeningKey));
    }
}
