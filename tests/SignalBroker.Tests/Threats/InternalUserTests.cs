using System.Net;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Threats;

/// <summary>The webapps' users do not exist for the port that browsers listen at, not even with the right password.</summary>
public sealed class InternalUserTests(TestCluster cluster)
{
    private LocalCluster.Node Node => cluster.Servers.Nodes[0];

    [Fact]
    public async Task No_internal_user_gets_in_by_the_listening_port_with_the_right_password()
    {
        foreach (var address in new[] { Node.AmqpAddress, Node.ManagementAddress })
        {
            var pair = new Uri(address).UserInfo.Split(':');
            await using var socket = await StompSocket.OpenAsync(Node.ListeningAddress);

            (await socket.TryConnectAsync(pair[0], pair[1])).ShouldBeFalse(pair[0]);
        }
    }

    [Fact]
    public async Task The_webapps_user_gets_in_by_AMQP_alone()
    {
        var pair = new Uri(Node.AmqpAddress).UserInfo.Split(':');

        await using var connection = await Management.OpenAmqpAsync(Node, pair[0], pair[1]);
        connection.IsOpen.ShouldBeTrue();
        (await Management.LogInAsync(Node, pair[0], pair[1])).ShouldBe(HttpStatusCode.Unauthorized);
    }

    [Theory]
    [InlineData("signalbroker-webapp")]
    [InlineData("signalbroker-management")]
    public async Task Guesses_are_recorded(string user)
    {
        const int Guesses = 20;
        var before = await CountAsync();

        for (var guess = 0; guess < Guesses; guess++)
        {
            await using var socket = await StompSocket.OpenAsync(Node.ListeningAddress);
            (await socket.TryConnectAsync(user, $"guess {guess}")).ShouldBeFalse();
        }

        await Eventually.HoldsAsync(async () => (await CountAsync()).ShouldBeGreaterThanOrEqualTo(before + Guesses));
    }

    private async Task<long> CountAsync()
    {
        var rows = await StrangeRows.FindAsync(
            cluster.InternalOf(0),
            "bruteForce",
            row => row.Node == Node.Name && row.ListeningKey is null
        );
        return rows.Sum(row => row.Times);
    }
}
