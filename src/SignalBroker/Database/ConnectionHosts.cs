using Npgsql;

namespace SignalBroker.Database;

/// <summary>The servers that a connection string names.</summary>
internal static class ConnectionHosts
{
    extension(NpgsqlConnectionStringBuilder settings)
    {
        /// <summary>Each server's name, without its port.</summary>
        public string[] Hosts => [.. (settings.Host ?? "").Split(',', StringSplitOptions.TrimEntries).Select(NameOf)];
    }

    // An IPv6 address has a port only if it is in brackets.
    private static string NameOf(string host)
    {
        var colon = host.LastIndexOf(':');
        return colon > 0 && (host.IndexOf(':') == colon || host[colon - 1] == ']') ? host[..colon] : host;
    }
}
