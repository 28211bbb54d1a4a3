namespace SignalBroker.Connect;

internal static class ConnectSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds what opens sessions, and ends them at their own wish.</summary>
        public void AddConnect()
        {
            builder.AddJson(ConnectJson.Default);
            builder.Services.AddSingleton<SessionOpener>();
            builder.Services.AddSingleton<Placing>();
            builder.Services.AddSingleton<ConnectMetrics>();
            builder.Services.AddSingleton<ConnectEndpoint>();
            builder.Services.AddSingleton<DisconnectEndpoint>();
            builder.Services.AddSingleton<RegionsEndpoint>();
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps <c>/connect</c> and <c>/disconnect</c>.</summary>
        public void MapConnect()
        {
            app.MapPost("/connect", app.Services.GetRequiredService<ConnectEndpoint>().HandleAsync)
                .WithName("connect")
                .Accepts<ConnectRequest>(RequestBody.Json, RequestBody.Form)
                .TakesToken()
                .TakesServiceKey()
                .Produces<ConnectAnswer>()
                .Fails(400, "invalid-user-id")
                .Fails(401, "token-missing", "token-invalid", "token-expired", "predecessor-unknown")
                .Fails(403, "user-id-mismatch", "user-blocked")
                .Fails(409, "too-many-sessions-of-user", "user-already-connected", "session-replaced")
                .Fails(429, "too-many-requests", "too-many-sessions-of-address", "too-many-new-users-of-address")
                .Fails(503, "no-node-available", "token-keys-unavailable", "database-unavailable");
            app.MapGet("/nodes", app.Services.GetRequiredService<RegionsEndpoint>().List)
                .WithName("listRegions")
                .Produces<RegionsAnswer>()
                .Fails(404, "not-found");
            app.MapPost("/disconnect", app.Services.GetRequiredService<DisconnectEndpoint>().HandleAsync)
                .WithName("disconnect")
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent);
        }
    }
}
