using SignalBroker.Sessions;

namespace SignalBroker.Moderation;

/// <summary>Does to sessions and users what operators and backends ask for, and forgets in time what was done.</summary>
internal sealed partial class Moderator(
    ModerationStore store,
    SessionDirectory directory,
    SessionCloser closer,
    IEnumerable<IUserData> kept,
    IOptions<ModerationOptions> options,
    TimeProvider clock,
    ILogger<Moderator> logger
) : BackgroundService
{
    private const int AtOnce = 1000;

    private static readonly TimeSpan PruneEvery = TimeSpan.FromHours(1);

    /// <summary>Ends sessions: nobody reaches them any more, and their sockets are closed within 2 s.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> EndAsync(Act act) => await EndAsync(act, await store.RecordAsync(act));

    /// <summary>Blocks a user, and ends its sessions.</summary>
    /// <returns>How many there were.</returns>
    public async Task<int> BlockAsync(Act act) => await EndAsync(act, await store.BlockAsync(act));

    /// <summary>Ends a user's sessions, and erases what is kept about it. If that fails half-way, it can be done again.</summary>
    /// <returns>How many sessions there were.</returns>
    public async Task<int> EraseAsync(Act act)
    {
        var ended = await EndAsync(act);
        foreach (var data in kept)
        {
            await data.EraseAsync(act.Target);
        }

        return ended;
    }

    protected override Task ExecuteAsync(CancellationToken stoppingToken) =>
        Periodically.RunAsync(
            PruneEvery,
            clock,
            () => store.PruneAsync(options.Value.KeepAuditFor),
            LogNotPruned,
            stoppingToken
        );

    private async Task<int> EndAsync(Act act, long record)
    {
        var count = 0;
        IReadOnlyList<Session> ended;
        do
        {
            ended = await store.EndAsync(act, record, AtOnce);
            count += ended.Count;
            foreach (var session in ended)
            {
                directory.Forget(session);
                closer.End(session, act.Reason);
            }
        } while (ended.Count == AtOnce);

        LogDone(act.Kind, act.By, act.TargetKind, count);
        return count;
    }

    [LoggerMessage(LogLevel.Information, "{Act} by {By}: {Sessions} sessions of one {Target} ended")]
    private partial void LogDone(ActKind act, string by, TargetKind target, int sessions);

    [LoggerMessage(LogLevel.Warning, "Old blocks and records of the audit log were not deleted: {Reason}")]
    private partial void LogNotPruned(string reason);
}
