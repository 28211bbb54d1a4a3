namespace SignalBroker.Operations;

/// <summary><c>SignalBroker check</c>: tries the settings against the live servers, and says of each finding how to mend it.</summary>
internal static class CheckCommand
{
    public const string Name = "check";

    /// <summary>Checks; returns 1 if something does not work.</summary>
    /// <param name="args">Settings as <c>--Key=Value</c>, as the webapp takes them.</param>
    public static Task<int> RunAsync(string[] args, Action<WebApplicationBuilder> add) =>
        Startup.BuildAsync(
            args,
            builder =>
            {
                add(builder);
                builder.Services.AddSingleton<CheckStore>();
                builder.Services.AddSingleton<ProductionChecks>();
                // What is found is what is to be read.
                builder.Logging.ClearProviders();
            },
            async app =>
            {
                var (advice, wrong) = (0, 0);
                await foreach (var finding in app.Services.GetRequiredService<ProductionChecks>().RunAsync())
                {
                    advice += finding.Weight == Weight.Advice ? 1 : 0;
                    wrong += finding.Weight == Weight.Wrong ? 1 : 0;
                    Console.WriteLine($"{Word(finding.Weight), -7} {finding.What}");
                    if (finding.Mend is { } mend)
                    {
                        Console.WriteLine($"        → {mend}");
                    }
                }

                Console.WriteLine(
                    wrong > 0 ? $"{wrong} wrong, {advice} to think about"
                    : advice > 0 ? $"it works; {advice} to think about"
                    : "all is well"
                );
                return wrong > 0 ? 1 : 0;
            }
        );

    private static string Word(Weight weight) =>
        weight switch
        {
            Weight.Fine => "ok",
            Weight.Advice => "advice",
            _ => "WRONG",
        };
}
