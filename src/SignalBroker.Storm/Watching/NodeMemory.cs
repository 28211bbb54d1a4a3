using System.Net.Http.Json;
using System.Text;
using System.Text.Json;
using SignalBroker.Storm.Clients;

namespace SignalBroker.Storm.Watching;

/// <summary>The resident memory of nodes, as their management API tells it; it needs no statistics to be on.</summary>
internal static class NodeMemory
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Each node's memory in bytes, by the node's name.</summary>
    /// <exception cref="LoadFailedException">An address gives another answer, or none.</exception>
    public static async Task<Dictionary<string, long>> ReadAsync(
        IReadOnlyList<Uri> management,
        CancellationToken cancellationToken
    )
    {
        var memory = new Dictionary<string, long>();
        foreach (var address in management)
        {
            var plain = new UriBuilder(address) { UserName = "", Password = "" }.Uri;
            var credential = Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo));
            using var http = new HttpClient { BaseAddress = plain, Timeout = Patience };
            http.DefaultRequestHeaders.Authorization = new("Basic", Convert.ToBase64String(credential));
            try
            {
                var nodes = await http.GetFromJsonAsync<JsonElement>("api/nodes", cancellationToken);
                foreach (var node in nodes.EnumerateArray())
                {
                    var name = node.GetProperty("name").GetString()!;
                    var path = $"api/nodes/{Uri.EscapeDataString(name)}/memory";
                    var use = (await http.GetFromJsonAsync<JsonElement>(path, cancellationToken)).GetProperty("memory");
                    memory[name] = use.GetProperty("total").GetProperty("rss").GetInt64();
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
}
