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
        public void MapStrangeBehaviors() => app.MapGet("/admin/strange-behaviors", ReadAsync).ExcludeFromDescription();
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
