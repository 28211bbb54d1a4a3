using Microsoft.Extensions.DependencyInjection.Extensions;

namespace SignalBroker.Inbox;

internal static class InboxSetup
{
    extension(WebApplicationBuilder builder)
    {
        public void AddInbox()
        {
            builder.AddJson(InboxJson.Default);
            builder.AddSettings<InboxOptions>(InboxOptions.Section);
            builder.Services.TryAddSingleton<SweepMetrics>();
            builder.Services.AddSingleton<StorageBudget>();
            builder.Services.AddSingleton<InboxStore>();
            builder.Services.AddSingleton<DeliveryStore>();
            builder.Services.AddSingleton<SettlingStore>();
            builder.Services.AddSingleton<ReadingStore>();
            builder.Services.AddSingleton<IUserData, ErasureStore>();
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
            var inbox = app.Services.GetRequiredService<InboxEndpoint>();
            app.MapGet("/inbox", inbox.ReadAsync)
                .WithName("readInbox")
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
                .Produces<InboxAnswerSchema>();
            app.MapPost("/inbox/settle", inbox.SettleAsync)
                .WithName("settle")
                .Accepts<SettleRequestSchema>(RequestBody.Json)
                .RequiresCredential()
                .Produces<SettleAnswer>();
        }
    }
}
