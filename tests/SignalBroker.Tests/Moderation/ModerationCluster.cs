using System.Net;
using System.Net.Http.Headers;
using System.Net.Http.Json;
using System.Security.Cryptography;
using System.Text;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Moderation;

/// <summary>Two nodes and two webapps, whose sessions may all be ended.</summary>
public sealed class ModerationCluster : IAsyncLifetime
{
    public const string Application = "game.backend";

    private readonly string serviceKey = RandomNumberGenerator.GetHexString(64);

    public Cluster Servers { get; private set; } = null!;

    /// <summary>The backend's proof.</summary>
    public AuthenticationHeaderValue Key => new("ServiceKey", serviceKey);

    public async ValueTask InitializeAsync()
    {
        Servers = await Cluster.StartAsync(
            new ClusterOptions
            {
                Nodes = 2,
                Webapps = 2,
                WebappSettings = new Dictionary<string, string>(TestCluster.Settings)
                {
                    ["Users:ServiceKeys:0:Name"] = Application,
                    ["Users:ServiceKeys:0:Sha256"] = Convert.ToHexString(
                        SHA256.HashData(Encoding.UTF8.GetBytes(serviceKey))
                    ),
                },
            }
        );
        await Servers.AllNodesReadyAsync();
    }

    public ValueTask DisposeAsync() => Servers.DisposeAsync();

    public Api ApiOf(int webapp, IPAddress? from = null) => new(Servers.Webapps[webapp].PublicAddress, from);

    public Api InternalOf(int webapp) => new(Servers.Webapps[webapp].InternalAddress);

    /// <summary>Ends sessions as an operator; how many there were.</summary>
    public async Task<int> EndAsync(object target, int webapp = 0)
    {
        var answer = await InternalOf(webapp).PostAsync("/admin/sessions/end", target);
        answer.Status.ShouldBe(HttpStatusCode.OK, answer.Body);
        return answer.Json.GetProperty("ended").GetInt32();
    }

    /// <summary>Blocks a user as an operator.</summary>
    public Task<Answer> BlockAsync(object block, int webapp = 0) =>
        InternalOf(webapp)
            .SendAsync(new HttpRequestMessage(HttpMethod.Put, "/admin/blocks") { Content = JsonContent.Create(block) });

    /// <summary>Opens sessions of a user until one is on this node; the others are ended.</summary>
    public async Task<ConnectedSession> ConnectOnAsync(Node node, string userId)
    {
        while (true)
        {
            var session = await ApiOf(0).ConnectAsync(userId);
            if (session.ListeningAddress == node.ListeningAddress)
            {
                return session;
            }

            await ApiOf(0).DisconnectAsync(session);
        }
    }
}
