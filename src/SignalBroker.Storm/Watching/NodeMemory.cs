using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Workers;

namespace SignalBroker.Storm.Watching;

/// <summary>The resident memory of nodes, as their management API tells it; it needs no statistics to be on.</summary>
internal static class NodeMemory
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Each node's memory in bytes, by the node's name.</summary>
    /// <exception cref="LoadFailedException">An address does not answer so.</exception>
    public static async Task<Dictionary<string, long>> ReadAsync(
        IReadOnlyList<Uri> management,
        CancellationToken cancellationToken
    )
    {
        var memory = new Dictionary<string, long>();
        using var http = new HttpClient { Timeout = Patience };
        foreach (var address in management)
        {
            var plain = new UriBuilder(address) { UserName = "", Password = "" }.Uri;
            try
            {
                using var nodes = await GetAsync(http, new(plain, "api/nodes"), address.UserInfo, cancellationToken);
                foreach (var node in nodes.RootElement.EnumerateArray())
                {
                    var name = node.GetProperty("name").GetString()!;
                    var path = new Uri(plain, $"api/nodes/{Uri.EscapeDataString(name)}/memory");
                    using var use = await GetAsync(http, path, address.UserInfo, cancellationToken);
                    memory[name] = use
                        .RootElement.GetProperty("memory")
                        .GetProperty("total")
                        .GetProperty("rss")
                        .GetInt64();
                }
            }
            catch (Exception failure)
                when (failure
                        is HttpRequestException
                            or JsonException
                            or KeyNotFoundException
                            or InvalidOperationException
                            or TaskCanceledException
                    && !cancellationToken.IsCancellationRequested
                )
            {
                throw new LoadFailedException($"{plain} does not tell a node's memory: {failure.Message}", failure);
            }
        }

        return memory;
    }

    private static async Task<JsonDocument> GetAsync(
        HttpClient http,
        Uri address,
        string userInfo,
        CancellationToken cancellationToken
    )
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, address);
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(userInfo)))
        );
        using var answer = await http.SendAsync(request, cancellationToken);
        answer.EnsureSuccessStatusCode();
        return JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
    }
}
