using System.Text.RegularExpressions;

namespace SignalBroker.Hosting;

/// <summary>Runs the webapp, and says in one line why it can't start.</summary>
internal static partial class Startup
{
    /// <summary>Builds and runs; returns the process's exit code.</summary>
    /// <param name="args">Settings as <c>--Key=Value</c>.</param>
    public static Task<int> RunAsync(string[] args, Action<WebApplicationBuilder> add, Action<WebApplication> use) =>
        BuildAsync(
            args,
            add,
            async app =>
            {
                use(app);
                await app.RunAsync();
                return Environment.ExitCode;
            }
        );

    /// <summary>Builds the webapp for something else than running it; returns the process's exit code.</summary>
    public static async Task<int> BuildAsync(
        string[] args,
        Action<WebApplicationBuilder> add,
        Func<WebApplication, Task<int>> runAsync
    )
    {
        try
        {
            var builder = WebApplication.CreateBuilder(
                new WebApplicationOptions
                {
                    Args = args,
                    // Settings and page are beside the program, wherever it is started from.
                    ContentRootPath = AppContext.BaseDirectory,
                }
            );
            // The host would log a stack trace in addition to the line below.
            builder.Logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
            add(builder);
            builder.CheckSections();
            await using var app = builder.Build();
            return await runAsync(app);
        }
        catch (Exception wrong)
            when (wrong
                    is InvalidSettingException
                        or OptionsValidationException
                        or IOException
                        or InvalidOperationException
                        or ArgumentException
                        or FormatException
            )
        {
            await Console.Error.WriteLineAsync($"SignalBroker can't start: {Describe(wrong)}");
            return 1;
        }
    }

    // The framework quotes a value that it can't convert, which may contain a password.
    private static string Describe(Exception wrong) =>
        UnconvertedValue().Match(wrong.Message) is { Success: true } unconverted
            ? $"{unconverted.Groups["key"]}: the value can't be read as {unconverted.Groups["type"]}."
            : wrong.Message.ReplaceLineEndings(" ");

    [GeneratedRegex(
        "^Failed to convert configuration value .* at '(?<key>[^']+)' to type '(?<type>[^']+)'",
        RegexOptions.Singleline | RegexOptions.ExplicitCapture,
        matchTimeoutMilliseconds: 1000
    )]
    private static partial Regex UnconvertedValue();
}
