using SignalBroker.Http;

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
            builder.Services.AddSingleton<ConnectEndpoint>();
            builder.Services.AddSingleton<DisconnectEndpoint>();
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps <c>/connect</c> and <c>/disconnect</c>.</summary>
        public void MapConnect()
        {
            app.MapPost("/connect", (ConnectEndpoint endpoint, HttpRequest request) => endpoint.HandleAsync(request))
                .WithSummary("Opens a session")
                .WithDescription(
                    "Answers where to listen, and with what. The session expires unless it listens by 'ackBy', that is "
                        + "within 'ackWithin' milliseconds."
                )
                .Takes<ConnectRequest>()
                .Produces<ConnectAnswer>()
                .TakesToken()
                .TakesServiceKey()
                .Fails(400, 401, 403, 409, 413, 415, 429, 503);
            app.MapPost(
                    "/disconnect",
                    (DisconnectEndpoint endpoint, HttpRequest request) => endpoint.HandleAsync(request)
                )
                .WithSummary("Ends the session whose credential it is")
                .WithDescription("Answers 204 to any well-formed credential, known or not, and closes the socket.")
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Fails(400, 401, 403, 429, 503);
        }
    }
}
