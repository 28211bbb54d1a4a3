using System.Text.Json;
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
        public void MapStrangeBehaviors() => app.MapGet("/admin/strange-behaviors", ReadAsync).Internal();
    }

    private static async Task<IResult> ReadAsync(StrangeBehaviorStore store, string? kind, long? before, int? limit)
    {
        StrangeKind? wanted = null;
        if (kind is not null)
        {
            // By hand, so that a kind is asked for as the rows name it; the framework knows no camelCase here.
            if (!kind.All(char.IsLetter) || !Enum.TryParse<StrangeKind>(kind, ignoreCase: true, out var known))
            {
                var kinds = Enum.GetNames<StrangeKind>().Select(JsonNamingPolicy.CamelCase.ConvertName);
                return Problem.InvalidMember("kind", $"must be one of {string.Join(", ", kinds)}");
            }

            wanted = known;
        }

        return TypedResults.Ok<IEnumerable<StrangeBehavior>>(
            await store.ReadAsync(wanted, before, Math.Clamp(limit ?? 100, 1, LongestPage))
        );
    }
}
