using SignalBroker.Hosting;
using SignalBroker.Http;

namespace SignalBroker.Sessions;

/// <summary>Wires connecting and disconnecting.</summary>
public static class SessionsSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds what opens, finds and ends sessions.</summary>
        public void AddSessions()
        {
            builder.AddSettings<SessionsOptions>(SessionsOptions.Section);
            builder.Services.AddSingleton<SessionStore>();
            builder.Services.AddSingleton<SessionOpener>();
            builder.Services.AddSingleton<SessionProof>();
            builder.Services.AddSingleton<SessionDirectory>();
            builder.Services.AddSingleton<IAnnouncedMemory>(services =>
                services.GetRequiredService<SessionDirectory>()
            );
            builder.Services.AddSingleton<SessionsMetrics>();
            builder.Services.AddSingleton<ConnectEndpoint>();
            builder.Services.AddSingleton<DisconnectEndpoint>();
            builder.Services.AddSingleton<SessionCloser>();
            builder.Services.AddSingleton<SessionRevoker>();
            builder.Services.AddHostedService(services => services.GetRequiredService<SessionCloser>());
            builder.Services.AddHostedService<SessionChanges>();
            builder.Services.AddHostedService<SessionCounter>();
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps <c>/connect</c> and <c>/disconnect</c>.</summary>
        public void MapSessions()
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
