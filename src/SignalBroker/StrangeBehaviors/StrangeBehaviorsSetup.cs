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
            builder.Services.AddSingleton<IUserData>(services => services.GetRequiredService<StrangeBehaviorStore>());
            builder.Services.AddSingleton<StrangeMetrics>();
            builder.Services.AddSingleton<StrangeBehaviorLog>();
            builder.Services.AddHostedService(services => services.GetRequiredService<StrangeBehaviorLog>());
        }
    }

    extension(WebApplication app)
    {
        public void MapStrangeBehaviors() =>
            app.MapGet("/admin/strange-behaviors", ReadAsync)
                .WithName("listStrangeBehaviors")
                .Parameter(new("kind", "The one kind to list.") { Words = Words.Of(typeof(StrangeKind)) })
                .Parameter(new("before", "The 'id' of the last row of the previous page.") { Min = 0 })
                .Parameter(new("limit", "How many rows to answer at most; 100 if left out.") { Min = 1, Max = MaxPage })
                .IsInternal()
                .Produces<IEnumerable<StrangeBehavior>>()
                .Fails(400, "bad-request")
                .Fails(503, "database-unavailable");
    }

    /// <summary>Lists what should not have happened, the newest first.</summary>
    /// <remarks>On the internal port only. A row is one minute's sightings of a kind, node, key and address.</remarks>
    private static async Task<IResult> ReadAsync(StrangeBehaviorStore store, string? kind, long? before, int? limit)
    {
        // Parsed by hand: the framework would not accept a kind as the answers spell it.
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
