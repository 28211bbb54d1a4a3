using System.Reflection;

namespace SignalBroker.Hosting;

/// <summary><c>SignalBroker --version</c>: prints the version instead of starting the webapp.</summary>
internal static class VersionCommand
{
    public const string Name = "--version";

    /// <summary>As in SemVer 2.0; between two releases with the number of commits.</summary>
    public static string Version { get; } =
        typeof(VersionCommand)
            .Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    public static int Run()
    {
        Console.WriteLine($"SignalBroker {Version}");
        return 0;
    }
}
