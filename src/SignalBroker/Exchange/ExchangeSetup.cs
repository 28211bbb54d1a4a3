using Microsoft.Extensions.Options;
using SignalBroker.Http;
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
                .WithSummary("Sends a signal")
                .WithDescription(
                    "Publishes the signal to every listening session of the user, to the one session, or to the members of the "
                        + "room, and answers what the broker said for each: 'queued' means that the broker has it in a live queue. "
                        + "The body may also be an array of up to 64 signals; then the answer is an array of what became of each, "
                        + "or of problem details with its id, and the status is 200."
                )
                .Takes<ExchangeRequestSchema>("""{ "to": "bob", "type": "greeting", "content": { "hello": "bob" } }""")
                .RequiresCredential()
                .TakesServiceKey()
                .AnswersAlways()
                .Answers<ExchangeAnswerSchema>(
                    """
                    {
                      "id": "wqQyKqYcYb3n5eT2c1c0bA",
                      "sessions": [
                        { "listeningKey": "s.GJQmOhSWGtvMm2JcI1o0hw", "device": "phone", "outcome": "queued" }
                      ]
                    }
                    """
                )
                .Fails(
                    (400, "addressee-invalid"),
                    (400, "content-missing"),
                    (400, "invalid-user-id"),
                    (403, "host-only"),
                    (403, "not-a-member"),
                    (404, "member-not-found"),
                    (404, "member-not-listening"),
                    (404, "room-not-found"),
                    (404, "user-not-listening"),
                    (404, "user-unknown"),
                    (409, "id-already-used"),
                    (409, "inbox-full"),
                    (409, "inbox-share-used"),
                    (409, "signal-under-way"),
                    (429, "storage-budget-used")
                );
        }
    }
}
