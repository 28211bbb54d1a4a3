namespace SignalBroker.Hosting;

/// <summary>Host names in the configuration, possibly with a wildcard.</summary>
internal static class HostNames
{
    private const string AnyBelow = "*.";

    /// <summary>Whether a host is one of these, of which <c>*.example</c> is every name that ends like that.</summary>
    public static bool Contains(IEnumerable<string> names, string host) =>
        names.Any(name =>
            name.StartsWith(AnyBelow, StringComparison.Ordinal)
                ? host.EndsWith(name[1..], StringComparison.OrdinalIgnoreCase)
                : host.Equals(name, StringComparison.OrdinalIgnoreCase)
        );

    /// <summary>Whether it is a name, or <c>*.</c> and a name.</summary>
    public static bool IsValid(string name) =>
        Uri.CheckHostName(name.StartsWith(AnyBelow, StringComparison.Ordinal) ? name[AnyBelow.Length..] : name)
        == UriHostNameType.Dns;
}
