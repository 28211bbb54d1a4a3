using System.ComponentModel.DataAnnotations;
using System.Net;
using SignalBroker.Broker;
using SignalBroker.Nodes;

namespace SignalBroker.Fleet;

/// <summary>One thing that a node needs before it gets sessions.</summary>
/// <param name="Name">What was tried: <c>amqp</c>, <c>management</c> or <c>sessions</c>.</param>
/// <param name="Passed">Whether it works.</param>
/// <param name="Detail">What is wrong; left out where nothing is.</param>
internal sealed record NodeCheck(
    [property: AllowedValues("amqp", "management", "sessions")] string Name,
    bool Passed,
    string? Detail
);

/// <summary>Tries whether a node is set up as sessions need it.</summary>
internal sealed class NodeChecks(FleetStore store, ManagementApi management)
{
    // RabbitMQ's names of what the plug-ins rabbitmq_web_stomp and rabbitmq_web_mqtt listen for.
    private const string Stomp = "web-stomp";
    private const string Mqtt = "web-mqtt";

    // For all of them, and for what they wait for at most.
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(15);

    /// <summary>Tries everything; all webapps must know the node by then.</summary>
    public async Task<IReadOnlyList<NodeCheck>> RunAsync(Node node, CancellationToken cancellationToken)
    {
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        limit.CancelAfter(Patience);
        return
        [
            await RunAsync("amqp", token => NodeProbe.TryWebappAsync(node, token), limit.Token),
            await RunAsync("management", token => TryManagementAsync(node, token), limit.Token),
            await RunAsync("sessions", token => TrySessionAsync(node, token), limit.Token),
        ];
    }

    private static async Task<NodeCheck> RunAsync(
        string name,
        Func<CancellationToken, Task<string?>> tryAsync,
        CancellationToken cancellationToken
    )
    {
        try
        {
            var wrong = await tryAsync(cancellationToken);
            return new(name, wrong is null, wrong);
        }
        catch (OperationCanceledException)
        {
            return new(name, Passed: false, "it does not answer");
        }
    }

    private async Task<string?> TryManagementAsync(Node node, CancellationToken cancellationToken)
    {
        try
        {
            return node.ListensForStomp && !await management.ListensForAsync(node, Stomp, cancellationToken)
                    ? "it does not listen for STOMP: enable the plug-in rabbitmq_web_stomp"
                : node.MqttAddress is not null && !await management.ListensForAsync(node, Mqtt, cancellationToken)
                    ? "it does not listen for MQTT: enable the plug-in rabbitmq_web_mqtt, or leave out mqttAddress"
                : null;
        }
        catch (HttpRequestException refused)
        {
            return refused.StatusCode == HttpStatusCode.Unauthorized
                ? "it refuses the management user of NodeCredentials"
                : refused.Message;
        }
    }

    private async Task<string?> TrySessionAsync(Node node, CancellationToken cancellationToken)
    {
        var (key, passcode) = (ListeningKey.Create(), Passcode.Create());
        await store.OpenTrialAsync(node.Name, key, passcode, Patience);
        try
        {
            return await NodeProbe.TrySessionAsync(node, key, passcode, cancellationToken);
        }
        finally
        {
            await store.EndTrialAsync(key);
        }
    }
}
