using SignalBroker.Hosting;
using SignalBroker.Http;

namespace SignalBroker.Inbox;

internal static class InboxSetup
{
    extension(WebApplicationBuilder builder)
    {
        public void AddInbox()
        {
            builder.AddJson(InboxJson.Default);
            builder.AddSettings<InboxOptions>(InboxOptions.Section);
            builder.Services.AddSingleton<StorageBudget>();
            builder.Services.AddSingleton<InboxStore>();
            builder.Services.AddSingleton<DeliveryStore>();
            builder.Services.AddSingleton<SettlingStore>();
            builder.Services.AddSingleton<ReadingStore>();
            builder.Services.AddSingleton<InboxSender>();
            builder.Services.AddSingleton<InboxSettler>();
            builder.Services.AddSingleton<ReceiptWriter>();
            builder.Services.AddSingleton<InboxEndpoint>();
            builder.Services.AddSingleton<InboxDeliverer>();
            builder.Services.AddHostedService(services => services.GetRequiredService<InboxDeliverer>());
            builder.Services.AddHostedService<InboxSweeper>();
        }
    }

    extension(WebApplication app)
    {
        public void MapInbox()
        {
            app.MapGet(
                    "/inbox",
                    (InboxEndpoint endpoint, HttpRequest request, string? after, string? limit) =>
                        endpoint.ReadAsync(request, after, limit)
                )
                .WithName("readInbox")
                .WithSummary("Reads the stored signals that the session's device has not settled")
                .WithDescription(
                    "'after' is the last sequence that the device has had: 'recovered' says whether nothing has expired "
                        + "since. With 'limit=0' only that is answered."
                )
                .RequiresCredential()
                .Parameter(
                    new("after", "The last sequence that the device has had; what it has settled if left out.")
                    {
                        Min = 0,
                    }
                )
                .Parameter(
                    new("limit", "How many entries to answer at most.") { Min = 0, Max = InboxEndpoint.MaxEntries }
                )
                .Answers<InboxAnswerSchema>(
                    """
                    {
                      "recovered": true,
                      "lastSequence": 7,
                      "lowestSequence": 0,
                      "settledThrough": 6,
                      "more": false,
                      "entries": [
                        {
                          "sequence": 7, "id": "2", "from": "alice", "to": "bob", "sentAt": "2026-11-29T09:30:00.000Z",
                          "expiresAt": "2026-11-30T09:30:00.000Z", "content": "hello"
                        }
                      ]
                    }
                    """
                )
                .Fails();
            app.MapPost("/inbox/settle", (InboxEndpoint endpoint, HttpRequest request) => endpoint.SettleAsync(request))
                .WithName("settle")
                .WithSummary("Settles stored signals for the session's device")
                .WithDescription("What is settled is not delivered to the device again.")
                .TakesJson<SettleRequestSchema>("""{ "upTo": 7 }""")
                .RequiresCredential()
                .Answers<SettleAnswer>("""{ "settled": 1, "settledThrough": 7 }""")
                .Fails();
        }
    }
}
