using SignalBroker.Http;

namespace SignalBroker.StrangeBehaviors;

/// <summary>Wires the record of strange behavior.</summary>
public static class StrangeBehaviorsSetup
{
    private const int LongestPage = 1000;

    extension(WebApplicationBuilder builder)
    {
        /// <summary>Adds the record.</summary>
        public void AddStrangeBehaviors()
        {
            builder.Services.AddSingleton<StrangeBehaviorStore>();
            builder.Services.AddSingleton<StrangeBehaviorLog>();
            builder.Services.AddHostedService(services => services.GetRequiredService<StrangeBehaviorLog>());
        }
    }

    extension(WebApplication app)
    {
        /// <summary>Maps the record on the internal port.</summary>
        public void MapStrangeBehaviors() =>
            app.MapGet(
                    "/admin/strange-behaviors",
                    async (StrangeBehaviorStore store, StrangeKind? kind, long? before, int? limit) =>
                        TypedResults.Ok<IEnumerable<StrangeBehavior>>(
                            await store.ReadAsync(kind, before, Math.Clamp(limit ?? 100, 1, LongestPage))
                        )
                )
                .Internal();
    }
}
