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
                .WithName("connect")
                .WithSummary("Opens a session")
                .WithDescription(
                    "Answers where to listen, and with what. The session expires unless it listens by 'ackBy', that is "
                        + "within 'ackWithin' milliseconds."
                )
                .Takes<ConnectRequest>("""{ "userId": "alice", "device": "phone" }""")
                .Answers<ConnectAnswer>(
                    """
                    {
                      "userId": "alice",
                      "device": "phone",
                      "listeningAddress": "wss://node1.example/ws",
                      "listening": [
                        {
                          "protocol": "mqtt",
                          "address": "wss://node1.example/mqtt",
                          "subscribe": "s.GJQmOhSWGtvMm2JcI1o0hw",
                          "send": "signals"
                        },
                        {
                          "protocol": "stomp",
                          "address": "wss://node1.example/ws",
                          "subscribe": "/queue/s.GJQmOhSWGtvMm2JcI1o0hw",
                          "send": "/exchange/signals/s.GJQmOhSWGtvMm2JcI1o0hw"
                        }
                      ],
                      "listeningKey": "s.GJQmOhSWGtvMm2JcI1o0hw",
                      "passcode": "p8mXbJ0wqQyKqYcYb3n5eT2c1c0b2l5oQ0m1l2n3o4Y",
                      "ack": false,
                      "ackBy": "2026-11-29T09:30:30.000Z",
                      "ackWithin": 30000,
                      "iceServers": [{ "urls": ["stun:turn.example:3478"] }]
                    }
                    """
                )
                .TakesToken()
                .TakesServiceKey()
                .Fails(
                    (400, "invalid-user-id"),
                    (401, "token-missing"),
                    (401, "token-invalid"),
                    (401, "token-expired"),
                    (403, "user-id-mismatch"),
                    (409, "too-many-sessions-of-user"),
                    (409, "user-already-connected"),
                    (409, "session-replaced"),
                    (429, "too-many-requests"),
                    (429, "too-many-sessions-of-address"),
                    (429, "too-many-new-users-of-address"),
                    (503, "no-node-available"),
                    (503, "token-keys-unavailable"),
                    (503, "database-unavailable")
                );
            app.MapPost(
                    "/disconnect",
                    (DisconnectEndpoint endpoint, HttpRequest request) => endpoint.HandleAsync(request)
                )
                .WithName("disconnect")
                .WithSummary("Ends the session whose credential it is")
                .WithDescription("Answers 204 to any well-formed credential, known or not, and closes the socket.")
                .RequiresCredential()
                .Produces(StatusCodes.Status204NoContent)
                .Fails();
        }
    }
}
