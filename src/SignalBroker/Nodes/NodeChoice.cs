using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;

namespace SignalBroker.Nodes;

/// <summary>What the choice of a node goes by.</summary>
internal interface INodeLoad
{
    string Name { get; }

    /// <summary>How many sessions it holds.</summary>
    int Sessions { get; }

    /// <summary>How many it should hold at most; above 0.</summary>
    int Capacity { get; }

    string? Region { get; }

    IReadOnlyList<string> Labels { get; }
}

/// <summary>Where a session would like to be.</summary>
/// <param name="Region">The region to stay in, if a node there has room.</param>
/// <param name="NextRegions">Where to go otherwise, best first; and then anywhere.</param>
/// <param name="Labels">Among the nodes of a region, those with the most of these labels come first.</param>
/// <param name="Near">Sessions that give the same word meet on one node, as long as it is not much fuller than others.</param>
/// <param name="Except">The node that it comes from, which is chosen only if there is no other.</param>
/// <param name="Moves">Whether it was told to move: then it goes where most room is, because those who are told are few at a time.</param>
internal sealed record Placement(
    string? Region = null,
    IReadOnlyList<string>? NextRegions = null,
    IReadOnlyList<string>? Labels = null,
    string? Near = null,
    string? Except = null,
    bool Moves = false
)
{
    public static Placement Anywhere { get; } = new();
}

/// <summary>The choice of a node for a session.</summary>
internal static class NodeChoice
{
    // Of its capacity. Nearness is to cost nothing: nodes stay about as full as without it.
    private const double MayBeFuller = 0.05;

    /// <summary>
    /// Chooses among the nodes that take sessions: of two random ones, the one that is less full in relation to its
    /// capacity, so that webapps which all know of an empty node do not overrun it. Null when there is none.
    /// </summary>
    public static T? Among<T>(IEnumerable<T> ready, Placement wanted, Random random)
        where T : class, INodeLoad
    {
        var nodes = Prefer([.. ready], node => node.Name != wanted.Except);
        if (wanted.Region is not null)
        {
            nodes = InRegion(nodes, wanted);
        }

        if (wanted.Labels is { Count: > 0 } labels && nodes.Length > 0)
        {
            var most = nodes.Max(Matching);
            nodes = Array.FindAll(nodes, node => Matching(node) == most);

            int Matching(T node) => node.Labels.Count(labels.Contains);
        }

        return nodes.Length < 2 ? nodes.FirstOrDefault()
            : wanted.Near is { } near ? Nearest(nodes, near)
            : wanted.Moves ? nodes.MinBy(Fullness)
            : LessFull(nodes, random);
    }

    private static T[] InRegion<T>(T[] nodes, Placement wanted)
        where T : class, INodeLoad
    {
        foreach (var region in (string[])[wanted.Region!, .. wanted.NextRegions ?? []])
        {
            if (Array.FindAll(nodes, node => node.Region == region) is { Length: > 0 } there)
            {
                return there;
            }
        }

        return nodes;
    }

    private static T LessFull<T>(T[] nodes, Random random)
        where T : class, INodeLoad
    {
        var first = random.Next(nodes.Length);
        var second = (first + 1 + random.Next(nodes.Length - 1)) % nodes.Length;
        return Fullness(nodes[first]) <= Fullness(nodes[second]) ? nodes[first] : nodes[second];
    }

    // Rendezvous hashing, weighted by capacity: a node that comes or goes leaves the order of the others as it was.
    private static T Nearest<T>(T[] nodes, string near)
        where T : class, INodeLoad
    {
        var most = MayBeFuller + nodes.Sum(node => (double)node.Sessions) / nodes.Sum(node => (double)node.Capacity);
        return nodes.OrderByDescending(node => Fullness(node) <= most).ThenBy(node => Distance(node, near)).First();
    }

    private static double Distance<T>(T node, string near)
        where T : class, INodeLoad
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{node.Name} {near}"));
        var part = (BinaryPrimitives.ReadUInt32LittleEndian(hash) + 0.5) / (uint.MaxValue + 1.0);
        return -Math.Log(part) / node.Capacity;
    }

    private static T[] Prefer<T>(T[] nodes, Predicate<T> condition) =>
        Array.FindAll(nodes, condition) is { Length: > 0 } preferred ? preferred : nodes;

    private static double Fullness<T>(T node)
        where T : class, INodeLoad => (double)node.Sessions / node.Capacity;
}
