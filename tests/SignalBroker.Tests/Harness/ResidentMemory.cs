using System.Globalization;
using SignalBroker.LocalCluster;

namespace SignalBroker.Tests.Harness;

/// <summary>What the kernel says of a node's memory, which a node under attack may be too busy to tell.</summary>
public static class ResidentMemory
{
    /// <summary>The resident memory of the node's process in MiB.</summary>
    public static int Of(Node node)
    {
        var line = File.ReadLines($"/proc/{node.ProcessId}/status")
            .First(line => line.StartsWith("VmRSS:", StringComparison.Ordinal));
        return int.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture)
            / 1024;
    }
}
