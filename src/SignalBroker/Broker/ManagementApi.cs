using System.Net;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json;
using System.Text.Json.Serialization;
using SignalBroker.Nodes;
using SignalBroker.Sessions;

namespace SignalBroker.Broker;

/// <summary>A queue as a node lists it.</summary>
internal sealed record BrokerQueue(
    string Name,
    string? Type,
    // Null for what can't be exclusive, such as a stream, from RabbitMQ 4 on.
    bool? Exclusive,
    [property: JsonPropertyName("auto_delete")] bool? AutoDelete,
    bool? Durable,
    Dictionary<string, JsonElement>? Arguments
)
{
    // How RabbitMQ 4 shows the type.
    private const string MqttType = "MQTT QoS 0";

    /// <summary>Whether the queue is as a session's queue has to be: it goes with its one listener.</summary>
    public bool IsAsAgreed =>
        Topology.IsMqttQueue(Name)
            ? Type is Topology.MqttQueueType or MqttType
            : IsExclusive && AutoDelete == true && Durable == false && HasOnlyHarmlessArguments;

    /// <summary>Whether it belongs to one connection, and goes with it.</summary>
    public bool IsExclusive => Exclusive == true;

    private bool HasOnlyHarmlessArguments =>
        Arguments is null || Arguments.All(argument => Topology.IsHarmless(argument.Key, argument.Value.ToString()));
}

/// <summary>The part of RabbitMQ's management HTTP API that the webapp needs.</summary>
internal sealed partial class ManagementApi(HttpClient http)
{
    private const string Reason = "X-Reason";

    /// <summary>Lists the queues of sessions on a node.</summary>
    /// <exception cref="HttpRequestException">The node can't be reached or refuses.</exception>
    public async Task<IReadOnlyList<BrokerQueue>> ListSessionQueuesAsync(Node node, CancellationToken cancellationToken)
    {
        var all =
            await GetAsync(
                node,
                $"api/queues/{VirtualHost(node)}?disable_stats=true&columns=name,type,exclusive,auto_delete,durable,arguments",
                ManagementJson.Default.ListBrokerQueue,
                cancellationToken
            ) ?? throw new HttpRequestException("The management API knows no list of queues.");
        return [.. all.Where(queue => Topology.KeyOf(queue.Name) is not null)];
    }

    /// <summary>Lists the connections on a node that are logged in as sessions.</summary>
    /// <exception cref="HttpRequestException">The node can't be reached or refuses.</exception>
    public async Task<IReadOnlyList<string>> ListSessionLoginsAsync(Node node, CancellationToken cancellationToken)
    {
        var all =
            await GetAsync(
                node,
                "api/connections?disable_stats=true&columns=user",
                ManagementJson.Default.ListBrokerConnection,
                cancellationToken
            ) ?? throw new HttpRequestException("The management API knows no list of connections.");
        return
        [
            .. all.Select(connection => connection.User)
                .OfType<string>()
                .Where(user => ListeningKey.IsWellFormed(user)),
        ];
    }

    /// <summary>Whether a node listens for a protocol, by RabbitMQ's name for it.</summary>
    /// <exception cref="HttpRequestException">The node can't be reached or refuses.</exception>
    public async Task<bool> ListensForAsync(Node node, string protocol, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Get, node, $"api/health/checks/protocol-listener/{protocol}");
        using var response = await http.SendAsync(request, cancellationToken);
        if (response.StatusCode == HttpStatusCode.ServiceUnavailable)
        {
            return false;
        }

        response.EnsureSuccessStatusCode();
        return true;
    }

    /// <summary>Finds one queue; null when there is none of this name.</summary>
    /// <exception cref="HttpRequestException">The node can't be reached or refuses.</exception>
    public Task<BrokerQueue?> FindQueueAsync(Node node, string queue, CancellationToken cancellationToken) =>
        GetAsync(node, QueuePath(node, queue), ManagementJson.Default.BrokerQueue, cancellationToken);

    /// <summary>Closes every connection that is logged in under this name, as each session's is under its key.</summary>
    /// <exception cref="HttpRequestException">The node can't be reached or refuses.</exception>
    public Task CloseConnectionsAsync(Node node, string login, string reason, CancellationToken cancellationToken) =>
        DeleteAsync(node, $"api/connections/username/{Uri.EscapeDataString(login)}", reason, cancellationToken);

    /// <summary>Closes the connection of this name; does nothing when there is none.</summary>
    /// <exception cref="HttpRequestException">The node can't be reached or refuses.</exception>
    public Task CloseConnectionAsync(Node node, string name, string reason, CancellationToken cancellationToken) =>
        DeleteAsync(node, $"api/connections/{Uri.EscapeDataString(name)}", reason, cancellationToken);

    /// <summary>Deletes a queue that is not exclusive.</summary>
    /// <exception cref="HttpRequestException">The node can't be reached or refuses.</exception>
    public Task DeleteQueueAsync(Node node, string queue, string reason, CancellationToken cancellationToken) =>
        DeleteAsync(node, QueuePath(node, queue), reason, cancellationToken);

    private static string QueuePath(Node node, string queue) =>
        $"api/queues/{VirtualHost(node)}/{Uri.EscapeDataString(queue)}";

    private static string VirtualHost(Node node) => Uri.EscapeDataString(node.VirtualHost);

    private async Task<T?> GetAsync<T>(
        Node node,
        string path,
        System.Text.Json.Serialization.Metadata.JsonTypeInfo<T> type,
        CancellationToken cancellationToken
    )
    {
        using var request = Request(HttpMethod.Get, node, path);
        using var response = await http.SendAsync(request, HttpCompletionOption.ResponseHeadersRead, cancellationToken);
        if (response.StatusCode == HttpStatusCode.NotFound)
        {
            return default;
        }

        response.EnsureSuccessStatusCode();
        return await response.Content.ReadFromJsonAsync(type, cancellationToken);
    }

    private async Task DeleteAsync(Node node, string path, string reason, CancellationToken cancellationToken)
    {
        using var request = Request(HttpMethod.Delete, node, path);
        request.Headers.Add(Reason, reason);
        using var response = await http.SendAsync(request, cancellationToken);
        if (response.StatusCode != HttpStatusCode.NotFound)
        {
            response.EnsureSuccessStatusCode();
        }
    }

    private static HttpRequestMessage Request(HttpMethod method, Node node, string path)
    {
        var address = new UriBuilder(node.ManagementAddress) { UserName = "", Password = "" }.Uri;
        // Built by hand: Uri would turn the %2f of the virtual host's name into a slash of the path.
        var request = new HttpRequestMessage(
            method,
            new Uri(
                address.AbsoluteUri.TrimEnd('/') + "/" + path,
                new UriCreationOptions { DangerousDisablePathAndQueryCanonicalization = true }
            )
        );
        var pair = Uri.UnescapeDataString(node.ManagementAddress.UserInfo);
        request.Headers.Authorization = new AuthenticationHeaderValue(
            "Basic",
            Convert.ToBase64String(Encoding.UTF8.GetBytes(pair))
        );
        return request;
    }

    private sealed record BrokerConnection(string? User);

    [JsonSourceGenerationOptions(PropertyNameCaseInsensitive = true)]
    [JsonSerializable(typeof(List<BrokerQueue>))]
    [JsonSerializable(typeof(List<BrokerConnection>))]
    [JsonSerializable(typeof(BrokerQueue))]
    private sealed partial class ManagementJson : JsonSerializerContext;
}
