using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using SignalBroker.Storm.Workers;

namespace SignalBroker.Storm.Watching;

/// <summary>The memory that nodes say they use, by their management API.</summary>
internal static class NodeMemory
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <summary>Each node's <c>mem_used</c> in bytes.</summary>
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
                using var request = new HttpRequestMessage(HttpMethod.Get, new Uri(plain, "api/nodes"));
                request.Headers.Authorization = new AuthenticationHeaderValue(
                    "Basic",
                    Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo)))
                );
                using var answer = await http.SendAsync(request, cancellationToken);
                answer.EnsureSuccessStatusCode();
                using var nodes = JsonDocument.Parse(await answer.Content.ReadAsByteArrayAsync(cancellationToken));
                foreach (var node in nodes.RootElement.EnumerateArray())
                {
                    memory[node.GetProperty("name").GetString()!] = node.GetProperty("mem_used").GetInt64();
                }
            }
            catch (Exception failure)
                when (failure is HttpRequestException or JsonException or KeyNotFoundException or TaskCanceledException
                    && !cancellationToken.IsCancellationRequested
                )
            {
                throw new LoadFailedException($"{plain} does not tell a node's mem_used: {failure.Message}", failure);
            }
        }

        return memory;
    }
}
