using System.CommandLine;
using System.Net.Http.Json;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization.Metadata;

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
    /// <returns>The process's exit code.</returns>
    public static async Task<int> ShowAsync<T>(
        ParseResult parsed,
        HttpMethod method,
        string path,
        HttpContent? body,
        JsonTypeInfo<T> type,
        Action<T, TextWriter> show,
        CancellationToken cancellationToken
    )
        where T : class
    {
        if (await AskAsync(parsed, method, path, body, type, cancellationToken) is not { } answer)
        {
            return 1;
        }

        show(answer, parsed.InvocationConfiguration.Output);
        return 0;
    }

    /// <summary>Asks for what has no answer but that it is done, and shows a line, or what is wrong.</summary>
    /// <returns>The process's exit code.</returns>
    public static async Task<int> DoAsync(
        ParseResult parsed,
        HttpMethod method,
        string path,
        string done,
        CancellationToken cancellationToken
    )
    {
        var isDone = await SendAsync(
            parsed,
            method,
            path,
            null,
            (_, _) => Task.FromResult<string?>(done),
            cancellationToken
        );
        if (isDone is null)
        {
            return 1;
        }

        await parsed.InvocationConfiguration.Output.WriteLineAsync(done);
        return 0;
    }

    /// <summary>Asks; null when something is wrong, which is shown then.</summary>
    public static Task<T?> AskAsync<T>(
        ParseResult parsed,
        HttpMethod method,
        string path,
        HttpContent? body,
        JsonTypeInfo<T> type,
        CancellationToken cancellationToken
    )
        where T : class =>
        SendAsync(
            parsed,
            method,
            path,
            body,
            (content, token) => content.ReadFromJsonAsync(type, token),
            cancellationToken
        );

    private static async Task<T?> SendAsync<T>(
        ParseResult parsed,
        HttpMethod method,
        string path,
        HttpContent? body,
        Func<HttpContent, CancellationToken, Task<T?>> readAsync,
        CancellationToken cancellationToken
    )
        where T : class
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
                return await readAsync(answer.Content, cancellationToken)
                    ?? throw new JsonException("the answer says nothing");
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

        return null;
    }
}
