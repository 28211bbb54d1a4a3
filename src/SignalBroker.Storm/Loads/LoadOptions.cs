using SignalBroker.Storm.Clients;
using SignalBroker.Storm.Watching;

namespace SignalBroker.Storm.Loads;

/// <summary>What all loads have in common.</summary>
public sealed record LoadOptions
{
    /// <summary>The webapps to post to.</summary>
    public required IReadOnlyList<Uri> Urls { get; init; }

    /// <summary>How many users connect.</summary>
    public int Clients { get; init; } = 100;

    /// <summary>How many of them begin to connect per second; null for as many as <see cref="AtOnce"/> allows.</summary>
    public double? ConnectRate { get; init; }

    /// <summary>How many may be connecting at the same time.</summary>
    public int AtOnce { get; init; } = 64;

    /// <summary>What they listen by; null for MQTT where the node offers it, and STOMP elsewhere.</summary>
    public ListenerProtocol? Protocol { get; init; }

    /// <summary>How long the load itself lasts, the connecting not counted.</summary>
    public TimeSpan Duration { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>How many worker processes to start; null for as many as are needed.</summary>
    public int? Workers { get; init; }

    /// <summary>The processes to watch.</summary>
    public IReadOnlyList<Watched> Watch { get; init; } = [];

    /// <summary>The nodes' management APIs, to ask for their memory.</summary>
    public IReadOnlyList<Uri> Management { get; init; } = [];

    /// <summary>Where to keep each message that the users receive, or null.</summary>
    public string? Log { get; init; }

    /// <summary>Where to write the HTML report, or null.</summary>
    public string? Report { get; init; }

    /// <summary>Where to write the JSON report, or null.</summary>
    public string? Json { get; init; }

    /// <summary>The port of the monitoring API; null for none.</summary>
    public int? StatusPort { get; init; }

    /// <summary>Whether to show nothing while it runs.</summary>
    public bool Quiet { get; init; }
}
