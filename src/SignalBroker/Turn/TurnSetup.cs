using SignalBroker.Sessions;

namespace SignalBroker.Turn;

/// <summary>Wires STUN and TURN servers.</summary>
internal static class TurnSetup
{
    extension(WebApplicationBuilder builder)
    {
        public void AddTurn()
        {
            builder.AddJson(TurnJson.Default);
            builder.AddSettings<TurnOptions>(TurnOptions.Section);
            builder.Services.AddSingleton<IceServers>();
        }
    }

    extension(WebApplication app)
    {
        public void MapTurn() =>
            app.MapGet("/ice-servers", ListAsync)
                .WithName("getIceServers")
                .RequiresCredential()
                .Produces<IceServersAnswer>();
    }

    /// <summary>Lists the STUN and TURN servers.</summary>
    /// <remarks>
    /// Answers what <c>/connect</c> has answered as <c>iceServers</c>, with fresh credentials. Ask again before
    /// <c>iceServersTimeToLive</c> (ms) has passed.
    /// </remarks>
    private static async Task<IResult> ListAsync(HttpRequest request, SessionProof proof, IceServers servers)
    {
        var session = await proof.RequireAsync(request, "/ice-servers");
        return TypedResults.Ok(servers.For(session.ListeningKey));
    }
}
