using System.Diagnostics;

namespace SignalBroker.LocalCluster;

/// <summary>The environment of a child: ours without what would reconfigure the servers, plus the child's own.</summary>
internal static class ChildEnvironment
{
    private static readonly string[] Foreign =
    [
        "RABBITMQ_",
        "ERL_",
        "PG",
        "ASPNETCORE_",
        "DOTNET_ENVIRONMENT",
        "DOTNET_SYSTEM_NET_",
        "DOTNET_ThreadPool_",
        "URLS",
    ];

    public static void Apply(ProcessStartInfo start, IReadOnlyDictionary<string, string> own)
    {
        foreach (var name in start.Environment.Keys.Where(IsForeign).ToArray())
        {
            start.Environment.Remove(name);
        }

        foreach (var (name, value) in own)
        {
            start.Environment[name] = value;
        }
    }

    private static bool IsForeign(string name) =>
        Foreign.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));
}
