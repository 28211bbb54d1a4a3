using RabbitMQ.Client.Exceptions;
using SignalBroker.LocalCluster;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Rotation;

/// <summary>The password by which webapps log in to nodes, about which the nodes ask the webapps.</summary>
[Collection(nameof(RotationCollection))]
public sealed class AmqpPasswordTests(RotationCluster cluster)
{
    private const string User = "signalbroker-webapp";

    [Fact]
    public async Task Webapps_let_both_passwords_in_before_they_use_the_new_one()
    {
        var (old, other) = (PasswordOf(cluster.Servers.Nodes[0].AmqpAddress), cluster.NewSecret());
        string[] accepted = [old];
        await using var load = await Load.StartAsync(cluster.Api, LogInAsync);

        Tell(old, other);
        await cluster.ReplaceWebappsAsync();
        accepted = [old, other];
        await load.FlowsAsync();

        Tell(other, old);
        await cluster.ReplaceWebappsAsync();
        await load.FlowsAsync();

        accepted = [other];
        await load.FlowsAsync(1);
        Tell(other, second: null);
        await cluster.ReplaceWebappsAsync();

        await load.StopAsync();
        var admin = new Api(cluster.Serving[0].InternalAddress);
        (await RefusedLoginsAsync(admin)).ShouldBeEmpty();
        foreach (var node in cluster.Servers.Nodes)
        {
            await Should.ThrowAsync<BrokerUnreachableException>(() => Management.OpenAmqpAsync(node, User, old));
        }

        await Eventually.HoldsAsync(async () => (await RefusedLoginsAsync(admin)).ShouldNotBeEmpty());

        async Task LogInAsync()
        {
            foreach (var node in cluster.Servers.Nodes)
            {
                foreach (var password in accepted)
                {
                    await using var connection = await Management.OpenAmqpAsync(node, User, password);
                }
            }
        }
    }

    private static string PasswordOf(string address) => new Uri(address).UserInfo.Split(':')[1];

    // One node is in the settings, and the other one was added.
    private void Tell(string first, string? second)
    {
        var node = cluster.Servers.Nodes[0];
        cluster.Settings["Nodes:0:AmqpAddress"] = new UriBuilder(node.AmqpAddressWithoutUser)
        {
            UserName = User,
            Password = first,
        }
            .Uri
            .AbsoluteUri;
        cluster.Settings["NodeCredentials:0:AmqpPassword"] = first;
        foreach (var setting in (string[])["Nodes:0:OtherAmqpPassword", "NodeCredentials:0:OtherAmqpPassword"])
        {
            cluster.Settings.Remove(setting);
            if (second is not null)
            {
                cluster.Settings[setting] = second;
            }
        }
    }

    private static async Task<IEnumerable<string?>> RefusedLoginsAsync(Api admin) =>
        (await StrangeRows.FindAsync(admin, "bruteForce", row => row.Detail.Contains("internal user"))).Select(row =>
            row.Detail
        );
}
