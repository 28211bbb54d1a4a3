namespace SignalBroker.Http;

/// <summary>The settings under <c>Listeners:</c>.</summary>
internal sealed class ListenersOptions
{
    public const string Section = "Listeners";

    /// <summary>Where the internal port is, unless the settings say otherwise.</summary>
    public const string DefaultInternal = "http://127.0.0.1:8081";

    /// <summary>The address of the public port, for browsers: <c>http://host:port</c>; the host is an IP address, localhost or *.</summary>
    public string Public { get; set; } = "http://127.0.0.1:8080";

    /// <summary>The address of the internal port, for nodes and operators; never open it to the internet.</summary>
    public string Internal { get; set; } = DefaultInternal;
}
