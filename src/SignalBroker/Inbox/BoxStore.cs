using System.Net;
using Dapper;
using Npgsql;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>The SQL statements about inboxes whose rows are locked: what has expired, and who sent the rest.</summary>
internal static class BoxStore
{
    /// <summary>Selects the boxes of <c>@users</c>.</summary>
    public const string Select = """
        SELECT user_id AS UserId, last_sequence AS LastSequence, entries AS Entries, bytes AS Bytes
        FROM inboxes WHERE user_id = ANY(@users)
        """;

    /// <summary>Removes expired entries from full inboxes, which the sweep may not have reached yet.</summary>
    public static async Task ExpireAsync(
        NpgsqlConnection connection,
        IReadOnlyList<StoredSignal> signals,
        Dictionary<string, Box> boxes,
        InboxOptions settings
    )
    {
        var users = UsersOf(signals, boxes, (box, coming, bytes) => !box.HasRoomFor(coming, bytes, settings));
        if (await SettlingStore.ExpireAsync(connection, users) > 0)
        {
            foreach (var box in await connection.QueryAsync<Box>(Select, new { users }))
            {
                boxes[box.UserId] = box;
            }
        }
    }

    /// <summary>The shares of the senders in inboxes where one may be used up; others cost no statement.</summary>
    public static async Task<Dictionary<string, Shares>> FindSharesAsync(
        NpgsqlConnection connection,
        IReadOnlyList<StoredSignal> signals,
        Dictionary<string, Box> boxes,
        InboxOptions settings
    )
    {
        var users = UsersOf(signals, boxes, (box, coming, bytes) => box.IsToBeShared(coming, bytes, settings));
        var shares = users.ToDictionary(user => user, _ => new Shares(settings));
        if (users.Length == 0)
        {
            return shares;
        }

        var payers = signals.Select(signal => signal.Payer).Distinct().ToArray();
        var parts = await connection.QueryAsync<(string UserId, string? Sender, IPAddress? Address, int, long)>(
            """
            SELECT user_id, sender, address, count(*)::int, sum(length(envelope))::bigint FROM inbox_entries
            WHERE user_id = ANY(@users) AND expires_at > now() AND (sender = ANY(@senders) OR address = ANY(@addresses))
            GROUP BY user_id, sender, address
            """,
            new
            {
                users,
                senders = payers.Select(payer => payer.Sender).OfType<string>().ToArray(),
                addresses = payers.Select(payer => payer.Address).OfType<IPAddress>().ToArray(),
            }
        );
        foreach (var (user, sender, address, entries, bytes) in parts)
        {
            shares[user].Add(new(sender, address), entries, bytes);
        }

        return shares;
    }

    private static string[] UsersOf(
        IReadOnlyList<StoredSignal> signals,
        Dictionary<string, Box> boxes,
        Func<Box, int, long, bool> isMeant
    ) =>
        [
            .. signals
                .GroupBy(signal => signal.UserId)
                .Where(coming =>
                    isMeant(boxes[coming.Key], coming.Count(), coming.Sum(signal => (long)signal.Envelope.Length))
                )
                .Select(coming => coming.Key),
        ];
}
