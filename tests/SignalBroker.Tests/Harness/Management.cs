using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using RabbitMQ.Client;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Harness;

/// <summary>What a node itself says, past the webapps.</summary>
public static class Management
{
    private static readonly HttpClient Http = new(new SocketsHttpHandler { UseProxy = false });

    /// <summary>A queue of this name; null when the node has none.</summary>
    public static async Task<JsonElement?> FindQueueAsync(Node node, string queue)
    {
        using var response = await GetAsync(
            node,
            $"api/queues/%2F/{Uri.EscapeDataString(queue)}",
            new Uri(node.ManagementAddress).UserInfo
        );
        return response.StatusCode == HttpStatusCode.NotFound
            ? null
            : JsonDocument.Parse(await ReadAsync(response)).RootElement;
    }

    /// <summary>The names of all queues of a node.</summary>
    public static async Task<IReadOnlyList<string>> QueuesOfAsync(Node node)
    {
        var queues = JsonDocument.Parse(await ReadAsync(node, "api/queues/%2F?disable_stats=true&columns=name"));
        return [.. queues.RootElement.EnumerateArray().Select(queue => queue.GetProperty("name").GetString()!)];
    }

    /// <summary>How many bytes the node says that it uses.</summary>
    public static async Task<long> MemoryOfAsync(Node node)
    {
        var answer = JsonDocument.Parse(await ReadAsync(node, $"api/nodes/{node.Name}@localhost/memory"));
        return answer.RootElement.GetProperty("memory").GetProperty("total").GetProperty("erlang").GetInt64();
    }

    /// <summary>Closes the connections of a session, as a lost network would.</summary>
    public static async Task CloseConnectionsAsync(Node node, string listeningKey)
    {
        using var response = await SendAsync(
            HttpMethod.Delete,
            node,
            $"api/connections/username/{listeningKey}",
            new Uri(node.ManagementAddress).UserInfo
        );
        response.EnsureSuccessStatusCode();
    }

    /// <summary>Sets a policy for one queue, which takes precedence over the node's own.</summary>
    public static async Task SetPolicyAsync(Node node, string queue, string definition)
    {
        var pattern = JsonSerializer.Serialize($"^{Regex.Escape(queue)}$");
        using var response = await SendAsync(
            HttpMethod.Put,
            node,
            $"api/policies/%2F/{Uri.EscapeDataString(queue)}",
            new Uri(node.ManagementAddress).UserInfo,
            $$"""{"pattern":{{pattern}},"definition":{{definition}},"priority":9,"apply-to":"queues"}"""
        );
        response.EnsureSuccessStatusCode();
    }

    private static async Task<string> ReadAsync(Node node, string path)
    {
        using var response = await GetAsync(node, path, new Uri(node.ManagementAddress).UserInfo);
        return await ReadAsync(response);
    }

    /// <summary>What the node answers to somebody who tries to log in to its management API.</summary>
    public static async Task<HttpStatusCode> LogInAsync(Node node, string user, string password)
    {
        using var response = await GetAsync(node, "api/whoami", $"{user}:{password}");
        return response.StatusCode;
    }

    /// <summary>Opens an AMQP connection as a webapp does.</summary>
    public static Task<IConnection> OpenAmqpAsync(Node node)
    {
        var pair = new Uri(node.AmqpAddress).UserInfo.Split(':');
        return OpenAmqpAsync(node, pair[0], pair[1]);
    }

    /// <summary>Opens an AMQP connection, as anybody who can reach the port may try to.</summary>
    public static Task<IConnection> OpenAmqpAsync(Node node, string user, string password)
    {
        var address = new Uri(node.AmqpAddress);
        var factory = new ConnectionFactory
        {
            HostName = address.Host,
            Port = address.Port,
            UserName = user,
            Password = password,
            AutomaticRecoveryEnabled = false,
        };
        return factory.CreateConnectionAsync(TestContext.Current.CancellationToken);
    }

    private static Task<HttpResponseMessage> GetAsync(Node node, string path, string pair) =>
        SendAsync(HttpMethod.Get, node, path, pair);

    private static Task<HttpResponseMessage> SendAsync(
        HttpMethod method,
        Node node,
        string path,
        string pair,
        string? json = null
    )
    {
        var address = new UriBuilder(node.ManagementAddress) { UserName = "", Password = "" }.Uri;
        var request = new HttpRequestMessage(
            method,
            new Uri(
                address.AbsoluteUri + path,
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
            )
        );
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes(pair))
        );
        request.Content = json is null ? null : new StringContent(json, Encoding.UTF8, "application/json");
        return Http.SendAsync(request, TestContext.Current.CancellationToken);
    }

    private static async Task<string> ReadAsync(HttpResponseMessage response)
    {
        response.EnsureSuccessStatusCode();
        return await response.Content.ReadAsStringAsync();
    }
}
