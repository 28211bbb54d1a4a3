using System.Reflection;

namespace SignalBroker.Hosting;

/// <summary><c>SignalBroker --version</c>: tells which version this is, instead of starting the webapp.</summary>
internal static class VersionCommand
{
    public const string Name = "--version";

    /// <summary>The version after <see href="https://semver.org">SemVer 2.0</see>; of a build between two releases with how many changes there were.</summary>
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
