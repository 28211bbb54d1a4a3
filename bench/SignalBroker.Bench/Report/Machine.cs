using System.Diagnostics;
using System.Globalization;
using System.Reflection;
using System.Text.Json;
using SignalBroker.Bench.Systems;
using SignalBroker.LocalCluster;

namespace SignalBroker.Bench.Report;

/// <summary>What this machine is, and which programs are on it.</summary>
public static class Machine
{
    private static readonly Lazy<Origin> Known = new(() => new(default, Describe(), FindVersions()));

    /// <summary>This machine at this moment.</summary>
    public static Origin Now() => Known.Value with { Date = TimeProvider.System.GetUtcNow() };

    private static string Describe()
    {
        var processor = Field("/proc/cpuinfo", "model name") ?? "unknown processor";
        var memory = long.Parse(Field("/proc/meminfo", "MemTotal")!.Split(' ')[0], CultureInfo.InvariantCulture);
        var system = Field("/etc/os-release", "PRETTY_NAME", '=')?.Trim('"');
        return $"{Environment.ProcessorCount} cores of {processor}, {memory / 1024.0 / 1024.0:F0} GiB, {system}";
    }

    private static string? Field(string file, string name, char separator = ':') =>
        File.ReadLines(file)
            .FirstOrDefault(line => line.StartsWith(name, StringComparison.Ordinal))
            ?.Split(separator, 2)[1]
            .Trim();

    private static Dictionary<string, string> FindVersions() =>
        new()
        {
            ["RabbitMQ"] = string.Join(
                " and ",
                ((Broker[])[Broker.Installed, .. Broker.OfNewest]).Select(broker => broker.Version).Distinct()
            ),
            ["PostgreSQL"] = AskPostgres(),
            [".NET"] = Environment.Version.ToString(),
            ["Node.js"] = Ask("node", "--version").TrimStart('v'),
            ["Redis"] = Word(Ask("redis-server", "--version"), "v="),
            ["Socket.IO"] = PackageOf("socketio", "socket.io"),
            ["@socket.io/redis-adapter"] = PackageOf("socketio", "@socket.io/redis-adapter"),
            ["PeerJS server"] = PackageOf("peerjs", "peer"),
            ["RabbitMQ.Client"] = VersionOf(typeof(RabbitMQ.Client.IConnection).Assembly),
        };

    private static string AskPostgres()
    {
        var newest = Directory.GetDirectories("/usr/lib/postgresql").Max();
        return Ask($"{newest}/bin/postgres", "--version").Split(' ')[2];
    }

    private static string Word(string text, string prefix) =>
        text.Split(' ').FirstOrDefault(word => word.StartsWith(prefix, StringComparison.Ordinal))?[prefix.Length..]
        ?? text;

    private static string VersionOf(Assembly library) =>
        library.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion.Split('+')[0];

    private static string PackageOf(string peer, string package)
    {
        var file = Path.Combine(Repository.Root, "bench", "peers", peer, "package.json");
        using var json = JsonDocument.Parse(File.ReadAllBytes(file));
        return json.RootElement.GetProperty("dependencies").GetProperty(package).GetString()!;
    }

    private static string Ask(string program, string argument)
    {
        try
        {
            var start = new ProcessStartInfo(program, argument)
            {
                UseShellExecute = false,
                RedirectStandardOutput = true,
            };
            using var process = Process.Start(start)!;
            return process.StandardOutput.ReadToEnd().Trim();
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return "not installed";
        }
    }
}
