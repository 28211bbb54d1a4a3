using System.ComponentModel.DataAnnotations;
using System.Text.Json;
using System.Text.Json.Serialization;
using SignalBroker.Signals;

namespace SignalBroker.Presence;

/// <summary>The presence of a device that listens, or may listen.</summary>
/// <param name="Device">What the user calls it; left out for all sessions without a device.</param>
/// <param name="State"><c>listening</c> or <c>unknown</c>.</param>
/// <param name="Since">Since when.</param>
internal sealed record DevicePresence(
    string? Device,
    [property: AllowedValues(PresenceReport.Listening, PresenceReport.Unknown)] string State,
    DateTimeOffset Since
);

/// <summary>A user's presence at a moment, as far as the viewer may see it.</summary>
internal sealed record PresenceReport
{
    /// <summary>At least one device listens.</summary>
    public const string Listening = "listening";

    /// <summary>No device listens.</summary>
    public const string Away = "away";

    /// <summary>A device listened on a node that can't be reached, and nobody knows whether it still does.</summary>
    public const string Unknown = "unknown";

    /// <summary>The viewer may not see the user.</summary>
    public const string Hidden = "hidden";

    /// <summary>No user can have this id.</summary>
    public const string Invalid = "invalid";

    /// <summary>The user.</summary>
    public required string UserId { get; init; }

    /// <summary><c>listening</c>, <c>away</c>, <c>unknown</c>, <c>hidden</c> or <c>invalid</c>.</summary>
    [AllowedValues(Listening, Away, Unknown, Hidden, Invalid)]
    public required string State { get; init; }

    /// <summary>The devices that listen or may listen.</summary>
    public IReadOnlyList<DevicePresence> Devices { get; init; } = [];

    /// <summary>When the user was last known to listen; left out while it listens, and for users never seen.</summary>
    public DateTimeOffset? LastSeen { get; init; }

    /// <summary>When the database was read: of two reports, the later one is true.</summary>
    public required DateTimeOffset AsOf { get; init; }

    /// <summary>What subscribers are told of; changed times alone are not told.</summary>
    [JsonIgnore]
    public string Told =>
        State == Hidden ? Hidden : string.Join('\n', Devices.Select(device => $"{device.Device} {device.State}"));

    /// <summary>Whether every device that a subscriber was told of is still there.</summary>
    public bool HasAllOf(string? told) =>
        told is null or Hidden or "" || told.Split('\n').All(Told.Split('\n').Contains);

    /// <summary>The report about an id that no user can have.</summary>
    public static PresenceReport OfNobody(string userId, DateTimeOffset now) =>
        new()
        {
            UserId = userId,
            State = Invalid,
            AsOf = now,
        };

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        WriteMembers(writer);
        writer.WriteEndObject();
    }

    /// <summary>Writes it without the braces.</summary>
    public void WriteMembers(Utf8JsonWriter writer)
    {
        writer.WriteString("userId"u8, UserId);
        writer.WriteString("state"u8, State);
        writer.WriteStartArray("devices"u8);
        foreach (var device in Devices)
        {
            writer.WriteStartObject();
            if (device.Device is not null)
            {
                writer.WriteString("device"u8, device.Device);
            }

            writer.WriteString("state"u8, device.State);
            EnvelopeWriter.WriteTime(writer, "since"u8, device.Since);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
        if (LastSeen is { } lastSeen)
        {
            EnvelopeWriter.WriteTime(writer, "lastSeen"u8, lastSeen);
        }

        EnvelopeWriter.WriteTime(writer, "asOf"u8, AsOf);
    }
}
