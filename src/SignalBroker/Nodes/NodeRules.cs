using System.Text.RegularExpressions;

namespace SignalBroker.Nodes;

/// <summary>What must hold for a node, wherever it is described.</summary>
internal static partial class NodeRules
{
    /// <summary>What names of nodes, regions and labels are made of, as messages say it.</summary>
    public const string NameRule = "1 to 64 characters of a-z, A-Z, 0-9 and . _ -";

    /// <summary>The first rule that is broken, and by which setting; null if none is.</summary>
    public static (string Setting, string Rule)? FirstBroken(NodeOptions node)
    {
        if (WrongScheme(node.ListeningAddress, "ws", "wss") is { } listening)
        {
            return (nameof(node.ListeningAddress), listening);
        }

        if (node.MqttAddress is not null && WrongScheme(node.MqttAddress, "ws", "wss") is { } mqtt)
        {
            return (nameof(node.MqttAddress), mqtt);
        }

        if (node is { MqttAddress: null, Stomp: false })
        {
            return (nameof(node.Stomp), $"can't be false where there is no {nameof(node.MqttAddress)}");
        }

        if (WrongScheme(node.AmqpAddress, "amqp", "amqps") is { } amqp)
        {
            return (nameof(node.AmqpAddress), amqp);
        }

        if (WrongScheme(node.ManagementAddress, "http", "https") is { } management)
        {
            return (nameof(node.ManagementAddress), management);
        }

        return FirstBroken(node.Region, node.Labels);
    }

    /// <summary>The first rule that a place breaks, and by which setting; null if it breaks none.</summary>
    public static (string Setting, string Rule)? FirstBroken(string? region, IEnumerable<string>? labels) =>
        region is not null && !IsName(region) ? (nameof(NodeOptions.Region), $"must have {NameRule}")
        // Clients may name a null among them.
        : labels?.All(label => label is not null && IsName(label)) == false
            ? (nameof(NodeOptions.Labels), $"must each have {NameRule}")
        : null;

    /// <summary>Whether it may be the name of a node, a region or a label.</summary>
    public static bool IsName(string name) => Name().IsMatch(name);

    // The address itself stays out of the message: it may hold a password.
    private static string? WrongScheme(Uri? address, params string[] schemes) =>
        address is { IsAbsoluteUri: true } && schemes.Contains(address.Scheme)
            ? null
            : $"must be an address that begins with {string.Join(":// or ", schemes)}://";

    [GeneratedRegex(NodeOptions.NamePattern, RegexOptions.None, matchTimeoutMilliseconds: 1000)]
    private static partial Regex Name();
}
