using SignalBroker.Inbox;

namespace SignalBroker.Push;

/// <summary>Takes what is due from the outbox and pushes it.</summary>
/// <remarks>
/// No transaction is open during a request to a push service. Whoever takes a row has a lease on it; if a webapp dies,
/// the lease ends and another one pushes, so a push may come twice but is not lost.
/// </remarks>
internal sealed partial class PushWorker(
    OutboxStore outbox,
    PushServices services,
    PushMetrics metrics,
    IOptions<PushOptions> options,
    TimeProvider clock,
    ILogger<PushWorker> logger
) : BackgroundService
{
    private readonly PushOptions settings = options.Value;
    private readonly SemaphoreSlim free = new(options.Value.AtOnce);

    /// <summary>Starts to push what is due, as many pushes as may run at the same time.</summary>
    /// <returns>Whether there may be more.</returns>
    public async Task<bool> PushDueAsync(CancellationToken cancellationToken)
    {
        await free.WaitAsync(cancellationToken);
        var wanted = 1;
        while (await free.WaitAsync(TimeSpan.Zero, CancellationToken.None))
        {
            wanted++;
        }

        IReadOnlyList<Taken> taken = [];
        try
        {
            taken = await outbox.TakeAsync(wanted);
        }
        finally
        {
            if (taken.Count < wanted)
            {
                free.Release(wanted - taken.Count);
            }
        }

        foreach (var row in taken)
        {
            _ = PushAndReleaseAsync(row);
        }

        return taken.Count == wanted;
    }

    public override void Dispose()
    {
        free.Dispose();
        base.Dispose();
    }

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            await Periodically.RunAsync(
                settings.PollInterval,
                clock,
                () => PushAllDueAsync(stoppingToken),
                LogPutOff,
                stoppingToken
            );
        }
        finally
        {
            // A push that was cut off would be repeated.
            for (var idle = 0; idle < settings.AtOnce; idle++)
            {
                await free.WaitAsync(CancellationToken.None);
            }
        }
    }

    private async Task PushAllDueAsync(CancellationToken stoppingToken)
    {
        while (await PushDueAsync(stoppingToken)) { }
    }

    private async Task PushAndReleaseAsync(Taken taken)
    {
        try
        {
            await PushAsync(taken);
        }
        catch (Exception failure)
        {
            // Whatever it is, the row becomes due again, and the others must not wait for it.
            LogPutOff(failure.Message);
        }

        free.Release();
    }

    private async Task PushAsync(Taken taken)
    {
        switch (await outbox.LookAsync(taken))
        {
            case null:
                await outbox.DropAsync(taken);
                break;
            case var (push, _) when push.New == 0 || push.Attempts > settings.MaxAttempts:
                await outbox.EndAsync(taken, push.Sequence, isPushed: false);
                break;
            case var (push, _) when push.Unheard == 0:
                // The broker may not have noticed that the listener died; then nothing will be settled, and this is due
                // again.
                await outbox.PutOffAsync(taken, settings.LookAgainAfter, isFailure: false);
                break;
            case var (push, newest):
                await PushAsync(taken, push, newest);
                break;
        }
    }

    private async Task PushAsync(Taken taken, DuePush push, Entry? newest)
    {
        if (!Endpoint.TryRead(push.Endpoint, settings, out var endpoint))
        {
            // It was when it was registered.
            await EndAsync(taken, push, "its host is no longer allowed", "");
            return;
        }

        var keys = new SubscriberKeys(push.PublicKey, push.Secret);
        var message = PushMessage.Write(push.Waiting, newest);
        var answer = await services.PushAsync(endpoint, keys, message, push.TimeToLive!.Value);
        metrics.Pushed(answer);
        switch (answer)
        {
            case PushAnswer.Accepted:
                await outbox.EndAsync(taken, push.Sequence, isPushed: true);
                break;
            case PushAnswer.Gone:
                LogGone(endpoint.Host);
                await outbox.RemoveAsync(taken);
                break;
            case PushAnswer.TooLarge when newest is not null:
                await outbox.LeaveContentOutAsync(taken);
                break;
            case PushAnswer.Later(var wait):
                LogLater(endpoint.Host, push.Attempts);
                await outbox.PutOffAsync(taken, settings.DelayAfter(push.Attempts, wait), isFailure: true);
                break;
            default:
                var reason = answer is PushAnswer.Refused refused ? refused.Reason : "it is too large for it";
                await EndAsync(taken, push, reason, endpoint.Host);
                break;
        }
    }

    private Task EndAsync(Taken taken, DuePush push, string reason, string host)
    {
        LogRefused(host, reason);
        return outbox.EndAsync(taken, push.Sequence, isPushed: false);
    }

    // An endpoint is a secret: whoever knows it can push. Its host is not.
    [LoggerMessage(LogLevel.Information, "A subscription at {Host} is gone and was removed")]
    private partial void LogGone(string host);

    [LoggerMessage(LogLevel.Debug, "{Host} can't take a push now, after {Attempts} attempts")]
    private partial void LogLater(string host, int attempts);

    [LoggerMessage(LogLevel.Warning, "Gave up a push to {Host}: {Reason}")]
    private partial void LogRefused(string host, string reason);

    [LoggerMessage(LogLevel.Warning, "Pushes were postponed: {Reason}")]
    private partial void LogPutOff(string reason);
}
