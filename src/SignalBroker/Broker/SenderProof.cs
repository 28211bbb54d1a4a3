using System.Collections;
using System.Text;
using RabbitMQ.Client;
using SignalBroker.Nodes;

namespace SignalBroker.Broker;

/// <summary>The session that is said to have sent a signal through its socket.</summary>
/// <param name="ListeningKey">Its listening key.</param>
/// <param name="Protocol">By what it sends, and listens.</param>
internal readonly record struct SocketSender(string ListeningKey, ListeningProtocol Protocol)
{
    /// <summary>Where it is answered.</summary>
    public string Queue => Topology.QueueOf(ListeningKey, Protocol);
}

/// <summary>What a node itself vouches for about the sender of a message in an exchange for signals.</summary>
/// <remarks>
/// By STOMP, in <see cref="Topology.SignalsExchange"/>:
/// The routing key alone proves nothing: a node checks it for what a session publishes, but a queue with a dead-letter
/// exchange routes under any key. A <c>user-id</c> is checked against the login when a message is first published, and
/// whatever is done with the message later keeps it. A session publishes nowhere but here, and whatever waits in a
/// session's queue was published by a webapp, without a <c>user-id</c>. So a <c>user-id</c> always names the maker.
/// By MQTT, in <see cref="Topology.MqttExchange"/>: the node itself writes the client id down, which is the login.
/// </remarks>
internal abstract record SenderProof
{
    private const string Deaths = "x-death";

    // Whatever the client has written there is replaced (mqtt.message_interceptors in rabbitmq-conf/).
    private const string MqttClientId = "x-opt-mqtt-client-id";

    private static readonly string[] SignsOfDeath = [Deaths, "x-first-death-", "x-last-death-"];

    /// <summary>The session that bears the routing key has sent it.</summary>
    public static SenderProof Good { get; } = new Proven();

    /// <summary>Nothing says that it is not the session that bears the routing key, and nothing proves that it is.</summary>
    public static SenderProof None { get; } = new Missing();

    /// <summary>Reads who is said to have sent a delivered message, and what proves it.</summary>
    /// <param name="node">The node that has delivered it.</param>
    /// <param name="exchange">The exchange that it was published to.</param>
    public static (SocketSender Sender, SenderProof Proof) Of(
        Node node,
        string exchange,
        string routingKey,
        IReadOnlyBasicProperties properties
    )
    {
        if (exchange != Topology.MqttExchange)
        {
            return (new(routingKey, ListeningProtocol.Stomp), OfStomp(routingKey, properties));
        }

        var headers = properties.Headers ?? new Dictionary<string, object?>();
        var sender =
            headers.TryGetValue(MqttClientId, out var value) && value is byte[] clientId
                ? Encoding.UTF8.GetString(clientId)
                : "";
        // Without the node's own word it is nobody's, and nothing dead-letters into this exchange.
        var isProven = node.ProvesMqttSenders && ListeningKey.IsWellFormed(sender) && !headers.Keys.Any(IsOfDeadLetter);
        return (new(sender, ListeningProtocol.Mqtt), isProven ? Good : new Unknown());
    }

    private static SenderProof OfStomp(string routingKey, IReadOnlyBasicProperties properties)
    {
        var publisher = properties.UserId;
        if (properties.Headers is { } headers && headers.Keys.Any(IsOfDeadLetter))
        {
            // A client can send such a header too. By STOMP it is always a text, where a node writes a list.
            return publisher is null && headers.TryGetValue(Deaths, out var deaths) && OwnerOf(deaths) is { } owner
                ? new DeadLettered(owner)
                : new Forged(publisher ?? routingKey);
        }

        return publisher is null ? None
            : publisher == routingKey ? Good
            : new Forged(publisher);
    }

    private static bool IsOfDeadLetter(string header) =>
        Array.Exists(SignsOfDeath, sign => header.StartsWith(sign, StringComparison.Ordinal));

    // The newest death is the first of the list.
    private static string? OwnerOf(object? deaths) =>
        deaths is IList and [IDictionary<string, object?> newest, ..]
        && newest.TryGetValue("queue", out var queue)
        && queue is byte[] name
            ? Topology.KeyOf(Encoding.UTF8.GetString(name))
            : null;

    /// <summary>See <see cref="Good"/>.</summary>
    public sealed record Proven : SenderProof;

    /// <summary>See <see cref="None"/>.</summary>
    public sealed record Missing : SenderProof;

    /// <summary>Nothing says whose it is.</summary>
    public sealed record Unknown : SenderProof;

    /// <summary>It bears what no honest client sends.</summary>
    /// <param name="By">The listening key of the session that has published it.</param>
    public sealed record Forged(string By) : SenderProof;

    /// <summary>It says that it was dead-lettered by a session's queue, which may be true.</summary>
    /// <param name="By">The listening key of that session.</param>
    public sealed record DeadLettered(string By) : SenderProof;
}
