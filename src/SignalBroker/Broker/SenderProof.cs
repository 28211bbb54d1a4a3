using System.Collections;
using System.Text;
using RabbitMQ.Client;
using SignalBroker.Identity;

namespace SignalBroker.Broker;

/// <summary>What a node itself vouches for about the sender of a message in the exchange <see cref="Topology.SignalsExchange"/>.</summary>
/// <remarks>
/// The routing key alone proves nothing: a node checks it for what a session publishes, but a queue with a dead-letter
/// exchange routes under any key. A <c>user-id</c> is checked against the login when a message is first published, and
/// whatever is done with the message later keeps it. A session publishes nowhere but here, and whatever waits in a
/// session's queue was published by a webapp, without a <c>user-id</c>. So a <c>user-id</c> always names the maker.
/// </remarks>
internal abstract record SenderProof
{
    private const string Deaths = "x-death";

    private static readonly string[] SignsOfDeath = [Deaths, "x-first-death-", "x-last-death-"];

    /// <summary>The session that bears the routing key has sent it.</summary>
    public static SenderProof Good { get; } = new Proven();

    /// <summary>Nothing says that it is not the session that bears the routing key, and nothing proves that it is.</summary>
    public static SenderProof None { get; } = new Missing();

    /// <summary>Reads what a delivered message proves.</summary>
    public static SenderProof Of(string routingKey, IReadOnlyBasicProperties properties)
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

    /// <summary>It bears what no honest client sends.</summary>
    /// <param name="By">The listening key of the session that has published it.</param>
    public sealed record Forged(string By) : SenderProof;

    /// <summary>It says that it was dead-lettered by a session's queue, which may be true.</summary>
    /// <param name="By">The listening key of that session.</param>
    public sealed record DeadLettered(string By) : SenderProof;
}
