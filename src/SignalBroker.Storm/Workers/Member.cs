using System.Diagnostics;
using SignalBroker.Client;
using SignalBroker.Client.Listening;
using SignalBroker.Storm.Clients;

namespace SignalBroker.Storm.Workers;

/// <summary>One user of a load: connects, listens, and comes back after each loss as a browser would.</summary>
internal sealed class Member(Crowd crowd, string userId)
{
    private Device? device;
    private long cutAt;

    /// <summary>Its device, while it listens.</summary>
    public Device? Device => device;

    public string UserId { get; } = userId;

    /// <summary>Lives until the worker ends.</summary>
    /// <param name="due">When it was to begin, by the monotonic clock; null for when it gets its turn.</param>
    /// <param name="isRestless">Whether it leaves now and then.</param>
    public async Task LiveAsync(long? due, Connect order, bool isRestless, CancellationToken cancellationToken)
    {
        var (since, latency) = (due, Counters.ConnectLatency);
        try
        {
            while (!cancellationToken.IsCancellationRequested)
            {
                var listening = await ListenAsync(since, latency, cancellationToken);
                var reason = await StayAsync(listening, isRestless ? Around(order.Stay) : null, cancellationToken);
                if (cancellationToken.IsCancellationRequested)
                {
                    return;
                }

                crowd.Left(listening.Session);
                if (reason is null && cutAt == 0)
                {
                    await Task.Delay(Around(order.Away), TimeProvider.System, cancellationToken);
                    (since, latency) = (null, Counters.ConnectLatency);
                    continue;
                }

                if (reason is not null)
                {
                    crowd.Counters.Dropped();
                    crowd.Counters.Failed(reason.Code);
                }

                (since, latency) = (cutAt != 0 ? cutAt : Stopwatch.GetTimestamp(), Counters.ReconnectLatency);
                cutAt = 0;
            }
        }
        catch (OperationCanceledException)
        {
            // The load is over.
        }
    }

    /// <summary>Breaks the socket, if it leads to this node; null for any.</summary>
    public void Cut(string? listeningAddress)
    {
        if (device is { } open && (listeningAddress is null || open.Session.ListeningAddress == listeningAddress))
        {
            cutAt = Stopwatch.GetTimestamp();
            open.Cut();
        }
    }

    /// <summary>Ends the session for good.</summary>
    public Task LeaveAsync() =>
        Interlocked.Exchange(ref device, null) is { } open ? DisconnectAsync(open) : Task.CompletedTask;

    private static TimeSpan Around(double seconds) =>
        TimeSpan.FromSeconds(seconds * (0.5 + Random.Shared.NextDouble()));

    private async Task<Device> ListenAsync(long? since, string latency, CancellationToken cancellationToken)
    {
        var backOff = new BackOff(Random.Shared);
        while (true)
        {
            Exception failed;
            await crowd.Entering.WaitAsync(cancellationToken);
            try
            {
                since ??= Stopwatch.GetTimestamp();
                var opened = await Device.ConnectOnceAsync(
                    crowd.Connections,
                    UserId,
                    envelope => crowd.Received(this, envelope),
                    cancellationToken
                );
                crowd.Counters.Took(latency, since.Value);
                device = opened;
                crowd.Entered(opened);
                return opened;
            }
            catch (Exception failure) when (!cancellationToken.IsCancellationRequested)
            {
                failed = failure;
            }
            finally
            {
                crowd.Entering.Release();
            }

            crowd.Counters.Failed(Failures.CodeOf(failed));
            await Task.Delay(backOff.Next(failed), TimeProvider.System, cancellationToken);
        }
    }

    // Returns why the socket broke; null when it was this side's doing.
    private async Task<Interruption?> StayAsync(Device open, TimeSpan? stay, CancellationToken cancellationToken)
    {
        var closed = open.ClosedAsync();
        if (stay is { } span)
        {
            using var over = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            await Task.WhenAny(closed, Task.Delay(span, TimeProvider.System, over.Token));
            await over.CancelAsync();
            if (!closed.IsCompleted && !cancellationToken.IsCancellationRequested)
            {
                // Some say good-bye, some just close their tab.
                await (Random.Shared.Next(2) == 0 ? DisconnectAsync(open) : open.DisposeAsync().AsTask());
            }
        }

        var reason = await closed;
        Interlocked.CompareExchange(ref device, null, open);
        return reason;
    }

    private async Task DisconnectAsync(Device open)
    {
        try
        {
            await open.DisconnectAsync();
        }
        catch (Exception failure)
        {
            crowd.Counters.Failed(Failures.CodeOf(failure));
        }
    }
}
