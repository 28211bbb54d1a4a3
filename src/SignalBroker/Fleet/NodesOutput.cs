using System.Text.Json;
using SignalBroker.Nodes;

namespace SignalBroker.Fleet;

/// <summary>How <c>SignalBroker nodes</c> shows what a webapp has answered.</summary>
internal static class NodesOutput
{
    /// <summary>A state, as the API says it.</summary>
    public static string Word(NodeState state) => JsonNamingPolicy.CamelCase.ConvertName(state.ToString());

    public static void ShowChecks(IEnumerable<NodeCheck> checks, TextWriter output)
    {
        foreach (var check in checks)
        {
            output.WriteLine($"{check.Name}: {(check.Passed ? "works" : check.Detail)}");
        }
    }

    public static void ShowSurplus(IEnumerable<NodeSurplus> surplus, TextWriter output)
    {
        string[] lines = [.. surplus.Select(node => $"{node.Sessions} sessions move away from {node.Name}")];
        foreach (var line in lines is [] ? ["No node holds more than its share"] : lines)
        {
            output.WriteLine(line);
        }
    }

    public static void ShowOne(NodeReport node, TextWriter output) => ShowAll([node], output);

    public static void ShowAll(IEnumerable<NodeReport> nodes, TextWriter output)
    {
        string[][] rows =
        [
            ["NAME", "STATE", "SINCE", "SESSIONS", "RABBITMQ", "REGION", "WHY"],
            .. nodes.Select(node =>
                (string[])
                    [
                        node.Name,
                        Word(node.State),
                        $"{node.Since.UtcDateTime:yyyy-MM-dd HH:mm:ss}",
                        $"{node.Sessions} of {node.Capacity}",
                        node.Version ?? "-",
                        node.Region ?? "-",
                        node.Why ?? "",
                    ]
            ),
        ];
        int[] widths = [.. rows[0].Select((_, column) => rows.Max(row => row[column].Length))];
        foreach (var row in rows)
        {
            output.WriteLine(string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd());
        }
    }
}
