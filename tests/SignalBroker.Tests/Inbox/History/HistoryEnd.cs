using Npgsql;
using SignalBroker.Tests.Harness;

namespace SignalBroker.Tests.Inbox.History;

/// <summary>How a history ends: everybody listens, has everything and settles it, and the inbox is empty.</summary>
public static class HistoryEnd
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    /// <summary>Brings a history to its end, and checks it.</summary>
    public static async Task ReachAsync(
        Func<int, Api> api,
        string connectionString,
        string userId,
        HistorySender sender,
        IReadOnlyList<HistoryDevice> devices
    )
    {
        var names = devices.Select(device => device.Name).ToArray();
        foreach (var (number, device) in devices.Index())
        {
            await Eventually.HoldsAsync(
                async () =>
                {
                    await device.ListenAsync(number);
                    Check(sender, names, devices)
                        .OwedTo(device.Name)
                        .Except(device.Received.Select(signal => signal.Number))
                        .ShouldBeEmpty($"{device.Name} waits for what was stored");
                },
                Patience
            );
        }

        foreach (var (number, device) in devices.Index())
        {
            await device.SettleAsync(number);
        }

        await Eventually.HoldsAsync(
            async () => (await LeftAsync(connectionString, userId)).ShouldBe((0, 0, 0)),
            Patience
        );
        Check(sender, names, devices).Violations().ShouldBeEmpty();
    }

    private static HistoryChecker Check(HistorySender sender, string[] names, IReadOnlyList<HistoryDevice> devices) =>
        new(
            names,
            sender.Sent,
            [.. devices.SelectMany(device => device.Received)],
            [.. devices.SelectMany(device => device.Settled)]
        );

    // Entries, and what the counters say of them.
    private static async Task<(long, int, long)> LeftAsync(string connectionString, string userId)
    {
        // A pool would hand out connections that a killed PostgreSQL has broken.
        await using var connection = new NpgsqlConnection(connectionString + ";Pooling=false");
        await connection.OpenAsync();
        await using var count = new NpgsqlCommand(
            """
            SELECT (SELECT count(*) FROM inbox_entries WHERE user_id = $1),
                   coalesce((SELECT entries FROM inboxes WHERE user_id = $1), 0),
                   coalesce((SELECT bytes FROM inboxes WHERE user_id = $1), 0)
            """,
            connection
        );
        count.Parameters.AddWithValue(userId);
        await using var row = await count.ExecuteReaderAsync();
        await row.ReadAsync();
        return (row.GetInt64(0), row.GetInt32(1), row.GetInt64(2));
    }
}
