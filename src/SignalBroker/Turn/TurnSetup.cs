using SignalBroker.Hosting;
using SignalBroker.Http;

namespace SignalBroker.Turn;

/// <summary>Wires the servers that browsers find their peers with.</summary>
internal static class TurnSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the making of TURN credentials.</summary>
        public void AddTurn()
        {
            builder.AddJson(TurnJson.Default);
            builder.AddSettings<TurnOptions>(TurnOptions.Section);
            builder.Services.AddSingleton<IceServers>();
            builder.Services.AddSingleton<IceServersEndpoint>();
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps <c>/ice-servers</c>.</summary>
        public void MapTurn() =>
            app.MapGet(
                    "/ice-servers",
                    (IceServersEndpoint endpoint, HttpRequest request) => endpoint.HandleAsync(request)
                )
                .WithName("getIceServers")
                .WithSummary("Lists the STUN and TURN servers")
                .WithDescription(
                    "Answers what /connect has answered as 'iceServers', with credentials that are good for a while "
                        + "from now on. Ask again before 'iceServersTimeToLive' (ms) has passed."
                )
                .RequiresCredential()
                .Answers<IceServersAnswer>(
                    """
                    {
                      "iceServers": [
                        {
                          "urls": ["turn:turn.example:3478?transport=udp"],
                          "username": "1796000000:s.GJQmOhSWGtvMm2JcI1o0hw",
                          "credential": "2lVt7hI1v8kC3nWq0r5xQ4o1z2M="
                        }
                      ],
                      "iceServersExpireAt": "2026-11-29T21:30:00.000Z",
                      "iceServersTimeToLive": 43200000
                    }
                    """
                )
                .Fails();
    }
}
