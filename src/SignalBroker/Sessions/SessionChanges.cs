using System.Globalization;
using Npgsql;

namespace SignalBroker.Sessions;

/// <summary>Hears from PostgreSQL what has changed, and has it forgotten by whoever remembers it.</summary>
/// <remarks>
/// Whoever changes sessions or rooms announces it in the same transaction, so that every webapp hears of it after the commit.
/// PostgreSQL delivers announcements in the order of the commits: whoever hears its own has heard all earlier ones.
/// </remarks>
internal sealed partial class SessionChanges(
    NpgsqlDataSource database,
    SessionDirectory directory,
    IEnumerable<IAnnouncedMemory> memories,
    TimeProvider clock,
    ILogger<SessionChanges> logger
) : BackgroundService
{
    /// <summary>The channel on which changed sessions are announced.</summary>
    public const string Channel = "sessions";

    // PostgreSQL takes 7,999 bytes in a notification. A user id has up to 1,020, a listening key and the separators 26, and
    // both may be there twice: each part may go beyond this by one row.
    private const int BytesPerNotification = 5900;

    // How often this webapp announces something to itself.
    private static readonly TimeSpan Beat = TimeSpan.FromSeconds(0.5);

    /// <summary>
    /// An SQL expression that announces the rows of <paramref name="changed"/>, a named subquery with the columns
    /// <c>user_id</c>, <c>listening_key</c> and <c>known_as</c>.
    /// </summary>
    public static string Announce(string changed) =>
        $"""
            (SELECT count(pg_notify('{Channel}', names)) FROM (
                SELECT string_agg(
                    concat_ws(E'\n', user_id || ' ' || listening_key, user_id || ' ' || known_as), E'\n'
                ) AS names
                FROM (
                    SELECT *, sum(2 * (octet_length(user_id) + 26)) OVER (ROWS UNBOUNDED PRECEDING) / {BytesPerNotification} AS part
                    FROM {changed}
                ) AS numbered
                GROUP BY part
            ) AS parts) AS announced
            """;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        while (true)
        {
            await using var connection = await Reconnecting.UntilDoneAsync(
                ListenAsync,
                failure => LogLost(failure.Message),
                stoppingToken
            );
            try
            {
                await HearAsync(connection, stoppingToken);
            }
            catch (Exception failure)
            {
                stoppingToken.ThrowIfCancellationRequested();
                LogLost(failure.Message);
                // Should it still be alive, nobody shall get it from the pool while it listens.
                NpgsqlConnection.ClearPool(connection);
            }
            finally
            {
                foreach (var memory in memories)
                {
                    memory.ConnectionLost();
                }
            }
        }
    }

    private async Task<NpgsqlConnection> ListenAsync(CancellationToken cancellationToken)
    {
        var connection = await database.OpenConnectionAsync(cancellationToken);
        try
        {
            var own = OwnChannel(connection);
            connection.Notification += (_, notification) =>
            {
                if (notification.Channel == own)
                {
                    directory.HeardUntil(long.Parse(notification.Payload, CultureInfo.InvariantCulture));
                }
                else
                {
                    Forget(notification.Channel, notification.Payload);
                }
            };
            var channels = memories.Select(memory => memory.Channel).Append(own);
            await using var listen = new NpgsqlCommand(
                $"SET application_name = '{Successions.ListenerName}'; "
                    + string.Join("; ", channels.Select(channel => $"LISTEN {channel}")),
                connection
            );
            await listen.ExecuteNonQueryAsync(cancellationToken);
            return connection;
        }
        catch
        {
            await connection.DisposeAsync();
            throw;
        }
    }

    private async Task HearAsync(NpgsqlConnection connection, CancellationToken cancellationToken)
    {
        LogListening();
        await using var beat = new NpgsqlCommand("SELECT pg_notify($1, $2)", connection);
        beat.Parameters.Add(new() { Value = OwnChannel(connection) });
        var moment = new NpgsqlParameter<string>();
        beat.Parameters.Add(moment);
        while (true)
        {
            var begun = clock.GetTimestamp();
            moment.TypedValue = begun.ToString(CultureInfo.InvariantCulture);
            await beat.ExecuteNonQueryAsync(cancellationToken);
            while (Beat - clock.GetElapsedTime(begun) is { TotalMilliseconds: >= 1 } rest)
            {
                // Less than a millisecond would be no limit to Npgsql.
                await connection.WaitAsync(rest, cancellationToken);
            }
        }
    }

    private static string OwnChannel(NpgsqlConnection connection) =>
        string.Create(CultureInfo.InvariantCulture, $"{Channel}_{connection.ProcessID}");

    private void Forget(string channel, string announcement)
    {
        foreach (var memory in memories)
        {
            if (memory.Channel == channel)
            {
                memory.Forget(announcement);
            }
        }
    }

    [LoggerMessage(LogLevel.Information, "Listening for changed sessions")]
    private partial void LogListening();

    [LoggerMessage(
        LogLevel.Warning,
        "PostgreSQL can't be heard; until it can, every signal looks its addressee up anew: {Reason}"
    )]
    private partial void LogLost(string reason);
}
