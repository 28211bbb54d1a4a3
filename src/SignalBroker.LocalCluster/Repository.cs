using System.Reflection;

namespace SignalBroker.LocalCluster;

/// <summary>The paths of the checkout that this program was built from.</summary>
public static class Repository
{
    public static string Root { get; } = FindRoot();

    /// <summary>The templates of a node's configuration.</summary>
    public static string NodeConfiguration => Path.Combine(Root, "rabbitmq-conf");

    /// <summary>What replaces the RabbitMQ of nodes one after the other.</summary>
    public static string UpgradeScript => Path.Combine(Root, "scripts", "upgrade-nodes");

    /// <summary>What renders the configuration of HAProxy or nginx in front of everything.</summary>
    public static string RenderEdgeScript => Path.Combine(Root, "deploy", "edge", "render");

    /// <summary>When Prometheus is to alert.</summary>
    public static string AlertRules => Path.Combine(Root, "deploy", "prometheus", "alerts.yml");

    /// <summary>Where each run has its logs.</summary>
    public static string Runs => Path.Combine(Root, ".local");

    /// <summary>The webapp, built in the same configuration as this program.</summary>
    public static string Webapp =>
        Path.Combine(Root, "src", "SignalBroker", "bin", Configuration, "net10.0", "SignalBroker.dll");

    /// <summary>The configuration that this program was built in, such as <c>Release</c>.</summary>
    public static string Configuration =>
        typeof(Repository).Assembly.GetCustomAttribute<AssemblyConfigurationAttribute>()!.Configuration;

    private static string FindRoot()
    {
        var folder = new DirectoryInfo(AppContext.BaseDirectory);
        while (folder is not null && !File.Exists(Path.Combine(folder.FullName, "SignalBroker.sln")))
        {
            folder = folder.Parent;
        }

        return folder?.FullName
            ?? throw new InvalidOperationException(
                $"{AppContext.BaseDirectory} is not inside a SignalBroker checkout."
            );
    }
}
