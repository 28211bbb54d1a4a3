using System.CommandLine;

namespace SignalBroker.Operations;

/// <summary><c>SignalBroker health</c>: says by its exit code how a running webapp is; for images that hold no other program.</summary>
internal static class HealthCommand
{
    public const string Name = "health";

    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly Option<string> Server = new("--server")
    {
        Description = "The internal address of the webapp",
        DefaultValueFactory = _ => ListenersOptions.DefaultInternal,
    };

    private static readonly Option<bool> Ready = new("--ready")
    {
        Description = "Whether it is ready to serve, not only alive",
    };

    /// <summary>Asks the webapp; returns 0 when all is well, else 1.</summary>
    public static Task<int> RunAsync(string[] args)
    {
        var health = new Command(Name, "Asks a running webapp how it is") { Server, Ready };
        health.SetAction(
            (parsed, token) => AskAsync(parsed.GetValue(Server)!, parsed.GetValue(Ready) ? "ready" : "live", token)
        );
        return new RootCommand("SignalBroker") { health }
            .Parse(args)
            .InvokeAsync();
    }

    private static async Task<int> AskAsync(string server, string what, CancellationToken cancellationToken)
    {
        using var http = new HttpClient { Timeout = Patience };
        try
        {
            using var answer = await http.GetAsync(new Uri($"{server.TrimEnd('/')}/health/{what}"), cancellationToken);
            Console.WriteLine(await answer.Content.ReadAsStringAsync(cancellationToken));
            return answer.IsSuccessStatusCode ? 0 : 1;
        }
        catch (Exception failure) when (failure is HttpRequestException or TaskCanceledException or UriFormatException)
        {
            await Console.Error.WriteLineAsync($"{server} does not answer: {failure.Message}");
            return 1;
        }
    }
}
