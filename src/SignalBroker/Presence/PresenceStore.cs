using Dapper;
using Npgsql;
using SignalBroker.Visibility;

namespace SignalBroker.Presence;

/// <summary>The SQL statements that read presence.</summary>
internal sealed class PresenceStore(NpgsqlDataSource database, VisibilityPolicy visibility)
{
    /// <summary>Reports on these users, in their order, as far as the viewer may see them.</summary>
    /// <param name="viewer">Who asks; null for an application.</param>
    public async Task<IReadOnlyList<PresenceReport>> ReadAsync(string? viewer, IReadOnlyList<string> userIds)
    {
        await using var connection = await database.OpenConnectionAsync();
        return await ReadAsync(connection, viewer, userIds);
    }

    /// <summary>The same on the caller's connection, perhaps in its transaction.</summary>
    public async Task<IReadOnlyList<PresenceReport>> ReadAsync(
        NpgsqlConnection connection,
        string? viewer,
        IReadOnlyList<string> userIds
    )
    {
        // One statement, so that all of it is from one moment.
        var rows = await connection.QueryAsync<Row>(
            $"""
            SELECT asked.user_id AS UserId, asked.visible AS Visible, users.last_seen AS LastSeen,
                   listens.device AS Device, listens.state AS State, listens.since AS Since,
                   clock_timestamp() AS AsOf
            FROM (
                SELECT user_id, number, {visibility.Condition("@viewer::text", "wanted.user_id")} AS visible
                FROM unnest(@userIds) WITH ORDINALITY AS wanted(user_id, number)
                OFFSET 0
            ) AS asked
            LEFT JOIN LATERAL (
                SELECT last_seen FROM users WHERE asked.visible AND users.user_id = asked.user_id LIMIT 1
            ) AS users ON true
            LEFT JOIN LATERAL (
                SELECT device, state, since FROM presence_devices
                WHERE asked.visible AND presence_devices.user_id = asked.user_id
                OFFSET 0
            ) AS listens ON true
            ORDER BY number, device COLLATE "C" NULLS FIRST
            """,
            new { viewer, userIds }
        );
        return [.. rows.GroupBy(row => row.UserId).Select(ToReport)];
    }

    private static PresenceReport ToReport(IGrouping<string, Row> rows)
    {
        var first = rows.First();
        DevicePresence[] devices =
        [
            .. rows.Where(row => row.State is not null)
                .Select(row => new DevicePresence(row.Device, row.State!, new(row.Since))),
        ];
        var state =
            !first.Visible ? PresenceReport.Hidden
            : devices.Length == 0 ? PresenceReport.Away
            : Array.Exists(devices, device => device.State == PresenceReport.Listening) ? PresenceReport.Listening
            : PresenceReport.Unknown;
        return new()
        {
            UserId = first.UserId,
            State = state,
            Devices = devices,
            LastSeen = state switch
            {
                PresenceReport.Away => first.LastSeen is { } lastSeen ? new(lastSeen) : null,
                PresenceReport.Unknown => devices.Max(device => device.Since),
                _ => null,
            },
            AsOf = new(first.AsOf),
        };
    }

    private sealed record Row(
        string UserId,
        bool Visible,
        DateTime? LastSeen,
        string? Device,
        string? State,
        DateTime Since,
        DateTime AsOf
    );
}
