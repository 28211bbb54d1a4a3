using SignalBroker.Hosting;
using SignalBroker.Http;

namespace SignalBroker.StrangeBehaviors;

/// <summary>Wires the record of strange behavior.</summary>
internal static class StrangeBehaviorsSetup
{
    private const int MaxPage = 1000;

    extension(WebApplicationBuilder builder)
    {
        public void AddStrangeBehaviors()
        {
            builder.AddJson(StrangeBehaviorsJson.Default);
            builder.AddSettings<StrangeBehaviorsOptions>(StrangeBehaviorsOptions.Section);
            builder.Services.AddSingleton<StrangeBehaviorStore>();
            builder.Services.AddSingleton<StrangeBehaviorLog>();
            builder.Services.AddHostedService(services => services.GetRequiredService<StrangeBehaviorLog>());
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps the record on the internal port.</summary>
        public void MapStrangeBehaviors() =>
            app.MapGet("/admin/strange-behaviors", ReadAsync)
                .WithName("listStrangeBehaviors")
                .WithSummary("Lists what should not have happened, the newest first")
                .WithDescription(
                    "On the internal port only. A row is all sightings of one kind, node, key and address in one minute."
                )
                .Parameter(new("kind", "The one kind to list.") { Words = Words.Of(typeof(StrangeKind)) })
                .Parameter(new("before", "The 'id' of the last row of the page before.") { Min = 0 })
                .Parameter(new("limit", "How many rows to answer at most; 100 if left out.") { Min = 1, Max = MaxPage })
                .IsInternal()
                .Answers<IEnumerable<StrangeBehavior>>(
                    """
                    [
                      {
                        "id": 42,
                        "kind": "bruteForce",
                        "address": "203.0.113.7",
                        "firstAt": "2026-11-29T09:30:00.000Z",
                        "lastAt": "2026-11-29T09:30:41.000Z",
                        "times": 12,
                        "detail": "wrong or unknown credential at /exchange"
                      }
                    ]
                    """
                )
                .Fails((400, "bad-request"), (503, "database-unavailable"));
    }

    private static async Task<IResult> ReadAsync(StrangeBehaviorStore store, string? kind, long? before, int? limit)
    {
        // Parsed by hand: the framework would not take a kind as the answer spells it.
        StrangeKind? only =
            kind is not null
            && kind.All(char.IsLetter)
            && Enum.TryParse<StrangeKind>(kind, ignoreCase: true, out var parsed)
                ? parsed
                : null;
        return kind is not null && only is null
            ? Problem.InvalidWord("kind", Words.Of(typeof(StrangeKind)))
            : TypedResults.Ok<IEnumerable<StrangeBehavior>>(
                await store.ReadAsync(only, before, Math.Clamp(limit ?? 100, 1, MaxPage))
            );
    }
}
