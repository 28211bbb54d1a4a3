namespace SignalBroker.Inbox;

/// <summary>The part of a statement that remembers users' devices, so that stored signals wait for them.</summary>
internal static class Devices
{
    /// <summary>
    /// Named subqueries that remember the named devices of <paramref name="acked"/>, a named subquery with the columns
    /// <c>user_id</c> and <c>device</c>, and forget those in excess of <c>@MaxDevices</c>.
    /// </summary>
    /// <remarks>
    /// A device is remembered when it listens, and not before, so that made-up names leave nothing behind. Forgotten
    /// devices have no session, so only other statements that forget them write to their rows, and any of those may do
    /// it. Remembered ones are written in a fixed order.
    /// </remarks>
    public static string Remember(string acked) =>
        $"""
            forgotten_devices AS (
                DELETE FROM inbox_devices WHERE ctid = ANY(ARRAY(
                    SELECT ctid FROM inbox_devices AS excess
                    WHERE ctid = ANY(ARRAY(
                        SELECT older.ctid FROM {acked}, LATERAL (
                            SELECT ctid FROM inbox_devices
                            WHERE user_id = {acked}.user_id AND device NOT IN ({acked}.device, '')
                            ORDER BY last_seen DESC OFFSET @MaxDevices - 1
                        ) AS older
                        WHERE {acked}.device IS NOT NULL
                    ))
                    AND NOT EXISTS (
                        SELECT FROM sessions
                        WHERE user_id = excess.user_id AND device = excess.device AND ended_at IS NULL
                    )
                    FOR UPDATE SKIP LOCKED
                ))
            ), remembered_devices AS (
                INSERT INTO inbox_devices (user_id, device)
                SELECT DISTINCT user_id, device FROM {acked} WHERE device IS NOT NULL ORDER BY user_id, device
                ON CONFLICT (user_id, device) DO UPDATE SET last_seen = now()
                WHERE inbox_devices.last_seen < now() - interval '1 hour'
            )
            """;
}
