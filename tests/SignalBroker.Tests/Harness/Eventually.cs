using System.Diagnostics;

namespace SignalBroker.Tests.Harness;

/// <summary>Waits for something that must happen, however slow the machine is.</summary>
public static class Eventually
{
    private static readonly TimeSpan Interval = TimeSpan.FromMilliseconds(50);

    /// <summary>Repeats the assertion until it holds, for up to 60 s; then fails with its last failure.</summary>
    public static Task HoldsAsync(Action assertion) =>
        HoldsAsync(() =>
        {
            assertion();
            return Task.CompletedTask;
        });

    /// <inheritdoc cref="HoldsAsync(Action)"/>
    public static async Task HoldsAsync(Func<Task> assertion, TimeSpan? within = null)
    {
        var limit = within ?? TimeSpan.FromSeconds(60);
        var watch = Stopwatch.StartNew();
        while (true)
        {
            try
            {
                await assertion();
                return;
            }
            catch (Exception failure)
                when (failure is ShouldAssertException or HttpRequestException && watch.Elapsed < limit)
            {
                await Task.Delay(Interval, TimeProvider.System, TestContext.Current.CancellationToken);
            }
        }
    }
}
