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
            app.MapGet("/listen", (Delegate)app.Services.GetRequiredService<ListenEndpoint>().HandleAsync)
                .WithName("listen")
                .RequiresCredential()
                .AnswersAlways()
                .Produces<string>(StatusCodes.Status200OK, "text/event-stream")
                .Fails(409, "key-already-used")
                .Fails(503, "node-unavailable");
    }
}
