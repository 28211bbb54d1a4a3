namespace SignalBroker.Operations;

/// <summary>Has the requests wait that come while a webapp starts, until it can serve them.</summary>
/// <remarks>
/// A proxy that does not ask <c>/health/ready</c>, as nginx does not, sends requests as soon as the port is open. Without nodes
/// they would fail, or their outcome be unknown.
/// </remarks>
internal sealed class Arriving(Readiness readiness, TimeProvider clock) : BackgroundService
{
    /// <summary>For how long after the start requests wait at most.</summary>
    public static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private static readonly TimeSpan LookEvery = TimeSpan.FromMilliseconds(50);

    private readonly TaskCompletionSource over = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly long begun = clock.GetTimestamp();

    /// <summary>Ends when nothing has to wait any more.</summary>
    public Task Over => over.Task;

    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        try
        {
            using var timer = new PeriodicTimer(LookEvery, clock);
            while (!readiness.HasEnough && clock.GetElapsedTime(begun) < Patience)
            {
                await timer.WaitForNextTickAsync(stoppingToken);
            }
        }
        finally
        {
            over.TrySetResult();
        }
    }
}
