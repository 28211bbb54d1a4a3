namespace SignalBroker.Client.Tests.Harness;

/// <summary>Waits for what other threads do.</summary>
public static class Until
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);

    public static Task HoldsAsync(Func<bool> condition) =>
        Task.Run(async () =>
        {
            var begun = TimeProvider.System.GetTimestamp();
            while (!condition())
            {
                TestContext.Current.CancellationToken.ThrowIfCancellationRequested();
                if (TimeProvider.System.GetElapsedTime(begun) > Patience)
                {
                    throw new TimeoutException("It does not hold.");
                }

                await Task.Yield();
            }
        });
}
