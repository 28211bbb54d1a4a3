using SignalBroker.Inbox;
using SignalBroker.Signals;

namespace SignalBroker.Exchange;

/// <summary>Wires the exchange of signals.</summary>
internal static class ExchangeSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds what takes signals, over HTTP and through sockets.</summary>
        public void AddExchange()
        {
            builder.AddJson(ExchangeJson.Default);
            builder.Services.AddSingleton(services => new TimeToLiveLimits(
                services.GetRequiredService<IOptions<SignalsOptions>>().Value.MaxTimeToLive,
                services.GetRequiredService<IOptions<InboxOptions>>().Value.MaxTimeToLive
            ));
            builder.Services.AddSingleton<ExchangeMetrics>();
            builder.Services.AddSingleton<SenderLimiter>();
            builder.Services.AddSingleton<ClosedSenders>();
            builder.Services.AddSingleton<SenderCloser>();
            builder.Services.AddSingleton<HiddenExchange>();
            builder.Services.AddSingleton<SignalExchange>();
            builder.Services.AddSingleton<SignalBatch>();
            builder.Services.AddSingleton<ExchangeEndpoint>();
            builder.Services.AddSingleton<SocketRelay>();
            builder.Services.AddSingleton<SocketJudge>();
            builder.Services.AddHostedService<SocketExchange>();
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps <c>/exchange</c>.</summary>
        public void MapExchange()
        {
            // Found once: a request that needs no services of its own gets by without a scope for them.
            var endpoint = app.Services.GetRequiredService<ExchangeEndpoint>();
            app.MapPost("/exchange", (Delegate)endpoint.HandleAsync)
                .WithName("exchange")
                .Accepts<ExchangeRequestSchema>(RequestBody.Json, RequestBody.Form)
                .RequiresCredential()
                .TakesServiceKey()
                .AnswersAlways()
                .Produces<ExchangeAnswerSchema>()
                .Fails(400, "addressee-invalid", "content-missing", "invalid-user-id")
                .Fails(403, "host-only", "not-a-member")
                .Fails(404, "member-not-found", "member-not-listening", "room-not-found", "user-not-listening")
                .Fails(404, "user-unknown")
                .Fails(409, "id-already-used", "inbox-full", "inbox-share-used", "signal-under-way")
                .Fails(429, "storage-budget-used");
        }
    }
}
