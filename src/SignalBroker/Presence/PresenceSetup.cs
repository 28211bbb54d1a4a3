using SignalBroker.Sessions;

namespace SignalBroker.Presence;

/// <summary>Wires presence.</summary>
internal static class PresenceSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds what shows who listens and tells subscribers of changes.</summary>
        public void AddPresence()
        {
            builder.AddJson(PresenceJson.Default);
            builder.AddSettings<PresenceOptions>(PresenceOptions.Section);
            builder.Services.AddSingleton<PresenceStore>();
            builder.Services.AddSingleton<ISessionStatements, PresenceChanges>();
            builder.Services.AddSingleton<SubscriptionStore>();
            builder.Services.AddSingleton<DueStore>();
            builder.Services.AddSingleton<NodeStore>();
            builder.Services.AddSingleton<PresenceEndpoints>();
            builder.Services.AddSingleton<PresenceTeller>();
            builder.Services.AddSingleton<IAnnouncedMemory>(services => services.GetRequiredService<PresenceTeller>());
            builder.Services.AddHostedService(services => services.GetRequiredService<PresenceTeller>());
            builder.Services.AddHostedService<NodeWatch>();
        }
    }

    extension(WebApplication app)
    {
        public void MapPresence()
        {
            var presence = app.Services.GetRequiredService<PresenceEndpoints>();
            app.MapGet("/users", presence.ListUsersAsync)
                .WithName("listUsers")
                .RequiresCredential()
                .TakesServiceKey()
                .Parameter(new("after", "The 'next' of the previous page.") { MaxLength = UserId.MaxLength })
                .Parameter(new("limit", "How many users to answer at most.") { Min = 1, Max = PresenceEndpoints.Most })
                .Produces<UsersAnswer>()
                .Fails(400, "invalid-user-id");
            app.MapGet("/presence", presence.ShowListedAsync)
                .WithName("showPresence")
                .RequiresCredential()
                .TakesServiceKey()
                .Parameter(new("users", "The users: 1 to 100 ids, separated by commas.") { IsRequired = true })
                .Produces<PresenceAnswerSchema>()
                .Fails(400, "invalid-member");
            app.MapPost("/presence", presence.ShowPostedAsync)
                .WithName("queryPresence")
                .Accepts<PresenceRequest>(RequestBody.Json)
                .RequiresCredential()
                .TakesServiceKey()
                .Produces<PresenceAnswerSchema>();
            app.MapGet("/presence/subscriptions", presence.ShowSubscriptionsAsync)
                .WithName("listPresenceSubscriptions")
                .RequiresCredential()
                .Produces<SubscriptionsAnswer>();
            app.MapPut("/presence/subscriptions", presence.SubscribeAsync)
                .WithName("putPresenceSubscriptions")
                .Accepts<PresenceRequest>(RequestBody.Json)
                .RequiresCredential()
                .Produces<PresenceAnswerSchema>();
            app.MapGet("/presence/{**user}", presence.ShowOneAsync)
                .WithName("showPresenceOfUser")
                .RequiresCredential()
                .TakesServiceKey()
                .Parameter(new("user", "The user's id.") { MaxLength = UserId.MaxLength })
                .Produces<PresenceReport>()
                .Fails(400, "invalid-user-id");
        }
    }
}
