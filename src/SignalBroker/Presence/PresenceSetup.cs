using SignalBroker.Hosting;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.Visibility;

namespace SignalBroker.Presence;

/// <summary>Wires presence.</summary>
internal static class PresenceSetup
{
    private const string Asked = """{ "users": ["bob"] }""";

    private const string Bob = """
        {
          "userId": "bob",
          "state": "listening",
          "devices": [{ "device": "phone", "state": "listening", "since": "2026-11-29T09:30:00.000Z" }],
          "asOf": "2026-11-29T09:31:00.000Z"
        }
        """;

    private const string Somebody = $$"""{ "presence": [{{Bob}}] }""";

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
                .WithName("listUsers")
                .WithSummary("Lists the users ever seen")
                .WithDescription("Anonymous users are left out, and those whom the user may not see.")
                .RequiresCredential()
                .TakesServiceKey()
                .Parameter(new("after", "The 'next' of the page before.") { MaxLength = UserId.MaxLength })
                .Parameter(new("limit", "How many users to answer at most.") { Min = 1, Max = PresenceEndpoints.Most })
                .Answers<UsersAnswer>(
                    """
                    {
                      "users": [
                        {
                          "userId": "alice",
                          "firstSeen": "2026-11-01T08:00:00.000Z",
                          "lastSeen": "2026-11-29T09:30:00.000Z"
                        }
                      ],
                      "next": "alice"
                    }
                    """
                )
                .Fails((400, "invalid-user-id"));
            app.MapGet("/presence", (PresenceEndpoints presence, HttpRequest request) => presence.ShowAsync(request))
                .WithName("showPresence")
                .WithSummary("Shows which users listen")
                .WithDescription(
                    "'users' is a list with commas, and may be repeated. An id that no user can have is answered with the "
                        + "state 'invalid'."
                )
                .Parameter(new("users", "The users: 1 to 100 ids, with commas in between.") { IsRequired = true })
                .RequiresCredential()
                .TakesServiceKey()
                .Answers<PresenceAnswerSchema>(Somebody)
                .Fails((400, "invalid-member"));
            app.MapPost(
                    "/presence",
                    (PresenceEndpoints presence, HttpRequest request) => presence.ShowPostedAsync(request)
                )
                .WithName("queryPresence")
                .WithSummary("Shows which users listen, whatever characters their ids have")
                .WithDescription("Answers as 'GET /presence' does, and changes nothing.")
                .TakesJson<PresenceRequest>(Asked)
                .RequiresCredential()
                .TakesServiceKey()
                .Answers<PresenceAnswerSchema>(Somebody)
                .Fails();
            app.MapGet(
                    "/presence/subscriptions",
                    (PresenceEndpoints presence, HttpRequest request) => presence.ShowSubscriptionsAsync(request)
                )
                .WithName("listPresenceSubscriptions")
                .WithSummary("Lists the users whose presence the session subscribes to")
                .WithDescription("Subscriptions are the session's, and end with it.")
                .RequiresCredential()
                .Answers<SubscriptionsAnswer>(Asked)
                .Fails();
            app.MapPut(
                    "/presence/subscriptions",
                    (PresenceEndpoints presence, HttpRequest request) => presence.SubscribeAsync(request)
                )
                .WithName("putPresenceSubscriptions")
                .WithSummary("Subscribes the session to these users' presence, and to no others'")
                .WithDescription(
                    "Answers what they are now; what changes arrives as signals of the type 'presence'. An id that no user "
                        + "can have is answered with the state 'invalid', and is not subscribed to."
                )
                .TakesJson<PresenceRequest>(Asked)
                .RequiresCredential()
                .Answers<PresenceAnswerSchema>(Somebody)
                .Fails();
            app.MapGet(
                    "/presence/{**user}",
                    (PresenceEndpoints presence, HttpRequest request, string user) => presence.ShowAsync(request, user)
                )
                .WithName("showPresenceOfUser")
                .WithSummary("Shows whether a user listens")
                .WithDescription(
                    "For ids that can stand in a path: not '.', '..' or 'subscriptions', which 'POST /presence' takes as well."
                )
                .RequiresCredential()
                .TakesServiceKey()
                .Parameter(new("user", "The user's id.") { MaxLength = UserId.MaxLength })
                .Answers<PresenceReport>(Bob)
                .Fails((400, "invalid-user-id"));
        }
    }
}
