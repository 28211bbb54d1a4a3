namespace SignalBroker.Hosting;

/// <summary>Host names in the configuration.</summary>
internal static class HostNames
{
    private const string AnyBelow = "*.";

    /// <summary>Whether a host is one of those: each a name, or <c>*.example</c> for every name that ends so.</summary>
    public static bool Contains(IReadOnlyList<string> names, string host)
    {
        foreach (var name in names)
        {
            if (
                name.StartsWith(AnyBelow, StringComparison.Ordinal)
                    ? host.EndsWith(name[1..], StringComparison.OrdinalIgnoreCase)
                    : host.Equals(name, StringComparison.OrdinalIgnoreCase)
            )
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether it is a name, or <c>*.</c> and a name.</summary>
    public static bool IsValid(string name) =>
        Uri.CheckHostName(name.StartsWith(AnyBelow, StringComparison.Ordinal) ? name[AnyBelow.Length..] : name)
        == UriHostNameType.Dns;
}
