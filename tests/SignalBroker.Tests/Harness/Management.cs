using System.Net;
using System.Net.Http.Headers;
using System.Text;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Harness;

/// <summary>A node's management API, past all proxies' settings, with the webapp's own credentials.</summary>
public sealed class Management(Node node)
{
    private readonly Uri address = new(node.ManagementAddress);

    /// <summary>Whether the node has a queue of this name.</summary>
    public async Task<bool> HasQueueAsync(string queue) =>
        (await SendAsync(HttpMethod.Get, $"/api/queues/%2f/{queue}")).Status == HttpStatusCode.OK;

    /// <summary>Closes the connections of a session, as a lost network would.</summary>
    public Task<Answer> CloseConnectionsAsync(string listeningKey) =>
        SendAsync(HttpMethod.Delete, $"/api/connections/username/{listeningKey}");

    public Task<Answer> SendAsync(HttpMethod method, string path) =>
        new Api(address.GetLeftPart(UriPartial.Authority)).SendAsync(
            new HttpRequestMessage(method, path),
            new AuthenticationHeaderValue(
                "Basic",
                Convert.ToBase64String(Encoding.UTF8.GetBytes(Uri.UnescapeDataString(address.UserInfo)))
            )
        );
}
