using SignalBroker.Hosting;
using SignalBroker.Http;

namespace SignalBroker.Listening;

/// <summary>Wires listening without a WebSocket.</summary>
internal static class ListeningSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds what listens in a browser's place.</summary>
        public void AddListening()
        {
            builder.AddSettings<ListeningOptions>(ListeningOptions.Section);
            builder.Services.AddSingleton<ListenEndpoint>();
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps <c>/listen</c>.</summary>
        public void MapListening() =>
            app.MapGet("/listen", (ListenEndpoint endpoint, HttpContext context) => endpoint.HandleAsync(context))
                .WithName("listen")
                .WithSummary("Listens, where WebSockets are blocked")
                .WithDescription(
                    "Answers with server-sent events, of which each holds an envelope, for as long as the session listens. "
                        + "The first bytes, a comment, say that it does. A key is good for one stream or socket, once."
                )
                .RequiresCredential()
                .AnswersAlways()
                .Produces<string>(StatusCodes.Status200OK, "text/event-stream")
                .Fails((409, "key-already-used"), (503, "node-unavailable"));
    }
}
