using System.Net.Http.Json;
using System.Text.Json;
using SignalBroker.Nodes;

namespace SignalBroker.Fleet;

/// <summary>How <c>SignalBroker nodes</c> shows what a webapp has answered; each way returns the process's exit code.</summary>
internal static class NodesOutput
{
    /// <summary>A state, as the API says it.</summary>
    public static string Word(NodeState state) => JsonNamingPolicy.CamelCase.ConvertName(state.ToString());

    public static async Task<int> ShowAllAsync(
        HttpContent content,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        var nodes = await content.ReadFromJsonAsync(FleetJson.Default.IEnumerableNodeReport, cancellationToken);
        await WriteAsync(nodes ?? [], output);
        return 0;
    }

    public static async Task<int> ShowOneAsync(
        HttpContent content,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        await WriteAsync([(await content.ReadFromJsonAsync(FleetJson.Default.NodeReport, cancellationToken))!], output);
        return 0;
    }

    public static async Task<int> ShowChecksAsync(
        HttpContent content,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        var checks = await content.ReadFromJsonAsync(FleetJson.Default.IReadOnlyListNodeCheck, cancellationToken) ?? [];
        foreach (var check in checks)
        {
            await output.WriteLineAsync($"{check.Name}: {(check.Passed ? "works" : check.Detail)}");
        }

        return checks.All(check => check.Passed) ? 0 : 1;
    }

    public static async Task<int> ShowSurplusAsync(
        HttpContent content,
        TextWriter output,
        CancellationToken cancellationToken
    )
    {
        var surplus = (
            await content.ReadFromJsonAsync(FleetJson.Default.IEnumerableNodeSurplus, cancellationToken) ?? []
        ).ToArray();
        foreach (var node in surplus)
        {
            await output.WriteLineAsync($"{node.Sessions} sessions move away from {node.Name}");
        }

        if (surplus.Length == 0)
        {
            await output.WriteLineAsync("No node holds more than its share");
        }

        return 0;
    }

    private static async Task WriteAsync(IEnumerable<NodeReport> nodes, TextWriter output)
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
            await output.WriteLineAsync(
                string.Join("  ", row.Select((cell, column) => cell.PadRight(widths[column]))).TrimEnd()
            );
        }
    }
}
