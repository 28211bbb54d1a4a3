using SignalBroker.Hosting;
using SignalBroker.Http;
using SignalBroker.Sessions;
using SignalBroker.Visibility;

namespace SignalBroker.Presence;

/// <summary>Wires presence.</summary>
internal static class PresenceSetup
{
    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds what shows who listens, and tells of changes.</summary>
        public void AddPresence()
        {
            builder.AddJson(PresenceJson.Default);
            builder.AddSettings<PresenceOptions>(PresenceOptions.Section);
            builder.Services.AddSingleton<PresenceStore>();
            builder.Services.AddSingleton<ISessionStatements, PresenceStatements>();
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
        /// <summary>Maps <c>/users</c> and <c>/presence</c>.</summary>
        public void MapPresence()
        {
            app.MapGet(
                    "/users",
                    (PresenceEndpoints presence, HttpRequest request, string? after, string? limit) =>
                        presence.ListUsersAsync(request, after, limit)
                )
                .WithSummary("Lists the users ever seen")
                .WithDescription("Anonymous users are left out, and those whom the user may not see.")
                .RequiresCredential()
                .TakesServiceKey()
                .Produces<UsersAnswer>()
                .Fails(400, 401, 429, 503);
            app.MapGet("/presence", (PresenceEndpoints presence, HttpRequest request) => presence.ShowAsync(request))
                .WithSummary("Shows which users listen")
                .WithDescription(
                    "'users' is a list with commas, and may be repeated. An id that no user can have is answered with the "
                        + "state 'invalid'."
                )
                .RequiresCredential()
                .TakesServiceKey()
                .Produces<PresenceAnswerSchema>()
                .Fails(400, 401, 429, 503);
            app.MapPost(
                    "/presence",
                    (PresenceEndpoints presence, HttpRequest request) => presence.ShowPostedAsync(request)
                )
                .WithSummary("Shows which users listen, whatever characters their ids have")
                .WithDescription("Answers as 'GET /presence' does, and changes nothing.")
                .TakesJson<PresenceRequest>()
                .RequiresCredential()
                .TakesServiceKey()
                .Produces<PresenceAnswerSchema>()
                .Fails(400, 401, 403, 413, 415, 429, 503);
            app.MapGet(
                    "/presence/subscriptions",
                    (PresenceEndpoints presence, HttpRequest request) => presence.ShowSubscriptionsAsync(request)
                )
                .WithSummary("Lists the users whose presence the session hears of")
                .RequiresCredential()
                .Produces<SubscriptionsAnswer>()
                .Fails(401, 429, 503);
            app.MapPut(
                    "/presence/subscriptions",
                    (PresenceEndpoints presence, HttpRequest request) => presence.SubscribeAsync(request)
                )
                .WithSummary("Has the session hear of these users' presence, and of no others'")
                .WithDescription(
                    "Answers what they are now; what changes arrives as signals of the type 'presence'. An id that no user "
                        + "can have is answered with the state 'invalid', and is not subscribed to."
                )
                .TakesJson<PresenceRequest>()
                .RequiresCredential()
                .Produces<PresenceAnswerSchema>()
                .Fails(400, 401, 403, 413, 415, 429, 503);
            app.MapGet(
                    "/presence/{**user}",
                    (PresenceEndpoints presence, HttpRequest request, string user) => presence.ShowAsync(request, user)
                )
                .WithSummary("Shows whether a user listens")
                .WithDescription(
                    "For ids that can stand in a path: not '.', '..' or 'subscriptions', which 'POST /presence' takes as well."
                )
                .RequiresCredential()
                .TakesServiceKey()
                .Produces<PresenceReport>()
                .Fails(400, 401, 429, 503);
        }
    }
}
