namespace SignalBroker.LocalCluster;

/// <summary>Settings for webapps that let one machine send as much as many users would.</summary>
public static class NoLimits
{
    private const string Unlimited = "1000000000000";

    /// <summary>No limits per second, nor on the sessions of an address.</summary>
    public static IReadOnlyDictionary<string, string> PerSecond { get; } =
        new Dictionary<string, string>
        {
            ["RateLimits:RequestsPerSecondOfAddress"] = "1000000",
            ["RateLimits:SignalsPerSecondOfSession"] = "1000000",
            ["RateLimits:SignalBytesPerSecondOfSession"] = "134217728",
            ["Sessions:MaxPerAddress"] = "0",
            ["Sessions:PerSecondOfNode"] = "1000000",
        };

    /// <summary>No limits per day either.</summary>
    public static IReadOnlyDictionary<string, string> PerDay { get; } =
        new Dictionary<string, string>(PerSecond)
        {
            ["Users:NewPerDayOfAddress"] = Unlimited,
            ["Rooms:MembershipsPerDayOfAddress"] = Unlimited,
            ["Inbox:StoredBytesPerDayOfSender"] = Unlimited,
            ["Inbox:StoredBytesPerDayOfAddress"] = Unlimited,
        };

    /// <summary>Nor on what one addressee is sent.</summary>
    public static IReadOnlyDictionary<string, string> PerAddressee { get; } =
        new Dictionary<string, string>(PerDay)
        {
            ["Signals:AddresseeBytesPerSecond"] = "1000000000",
            ["Signals:AddresseeBurstBytes"] = "1000000000",
        };
}
