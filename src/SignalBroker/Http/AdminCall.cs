using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace SignalBroker.Http;

/// <summary>How a command of the administrator asks a running webapp, by its internal port.</summary>
internal static class AdminCall
{
    /// <summary>Where the webapp is.</summary>
    public static readonly Option<string> Server = new("--server")
    {
        Description = "The internal address of a webapp",
        Recursive = true,
        DefaultValueFactory = _ => ListenersOptions.DefaultInternal,
    };

    // Checks of a node that does not answer take so long, and a little more.
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    /// <summary>Asks, and shows the answer, or what is wrong.</summary>
    /// <param name="path">Behind <c>/admin/</c>.</param>
    /// <param name="showAsync">Shows a good answer.</param>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> SendAsync(
        ParseResult parsed,
        HttpMethod method,
        string path,
        HttpContent? body,
        Func<HttpContent, TextWriter, CancellationToken, Task<int>> showAsync,
        CancellationToken cancellationToken
    )
    {
        var server = parsed.GetValue(Server)!;
        var errors = parsed.InvocationConfiguration.Error;
        using var http = new HttpClient { Timeout = Patience };
        try
        {
            using var request = new HttpRequestMessage(method, $"{server.TrimEnd('/')}/admin/{path}")
            {
                Content = body,
            };
            using var answer = await http.SendAsync(request, cancellationToken);
            if (answer.IsSuccessStatusCode)
            {
                return await showAsync(answer.Content, parsed.InvocationConfiguration.Output, cancellationToken);
            }

            var problem = await answer.Content.ReadFromJsonAsync<JsonObject>(cancellationToken);
            await errors.WriteLineAsync($"{problem?["detail"]}");
        }
        catch (Exception failure)
            when (failure
                    is HttpRequestException
                        or UriFormatException
                        or InvalidOperationException
                        or NotSupportedException
                        or JsonException
            )
        {
            await errors.WriteLineAsync($"{server} is not the internal port of a webapp: {failure.Message}");
        }

        return 1;
    }
}
