using SignalBroker.Hosting;
using SignalBroker.Http;

namespace SignalBroker.Inbox;

internal static class InboxSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the storing, delivering and settling of signals.</summary>
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
        /// <summary>Maps <c>/inbox</c>.</summary>
        public void MapInbox()
        {
            app.MapGet(
                    "/inbox",
                    (InboxEndpoint endpoint, HttpRequest request, string? after, string? limit) =>
                        endpoint.ReadAsync(request, after, limit)
                )
                .WithSummary("Reads the stored signals that the session's device has not settled")
                .WithDescription(
                    "'after' is the last sequence that the device has had: 'recovered' says whether nothing has expired "
                        + "since. With 'limit=0' only that is answered."
                )
                .RequiresCredential()
                .Produces<InboxAnswerSchema>()
                .Fails(400, 401, 429, 503);
            app.MapPost("/inbox/settle", (InboxEndpoint endpoint, HttpRequest request) => endpoint.SettleAsync(request))
                .WithSummary("Settles stored signals for the session's device")
                .WithDescription("What is settled is not delivered to the device again.")
                .Accepts<SettleRequestSchema>(RequestBody.Json)
                .RequiresCredential()
                .Produces<SettleAnswer>()
                .Fails(400, 401, 403, 413, 415, 429, 503);
        }
    }
}
