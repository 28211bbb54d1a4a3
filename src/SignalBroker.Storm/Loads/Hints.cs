using SignalBroker.Storm.Results;

namespace SignalBroker.Storm.Loads;

/// <summary>What to do about errors that the server's settings cause.</summary>
internal static class Hints
{
    private static readonly (string Code, string Hint)[] Known =
    [
        (
            "too-many-requests",
            "The server slowed this load down. Raise RateLimits:RequestsPerSecondOfAddress, "
                + "RateLimits:SignalsPerSecondOfSession and RateLimits:SignalBytesPerSecondOfSession there, or load it less."
        ),
        (
            "too-many-sessions-of-address",
            "The server allows an address no more sessions. Raise Sessions:MaxPerAddress there (0 for any number)."
        ),
        (
            "too-many-new-users-of-address",
            "The server knows too few of these users. Raise Users:NewPerDayOfAddress there, or use the same names again."
        ),
        (
            "too-many-memberships-of-address",
            "The server allows an address no more members of rooms today. Raise Rooms:MembershipsPerDayOfAddress there."
        ),
        (
            "storage-budget-used",
            "The server stores no more today. Raise Inbox:StoredBytesPerDayOfSender and Inbox:StoredBytesPerDayOfAddress there."
        ),
        (
            "overloaded",
            "Addressees were sent more than the server allows. Raise Signals:AddresseeBytesPerSecond there, or use more clients."
        ),
        ("no-node-available", "No node takes more sessions: see the nodes' Capacity and GET /admin/nodes."),
    ];

    /// <summary>One line for each error that has a remedy.</summary>
    public static IEnumerable<string> For(LoadReport report) =>
        Known
            .Where(known => report.Errors.ContainsKey(known.Code))
            .Select(known => $"{known.Code} ({report.Errors[known.Code]} times): {known.Hint}");
}
