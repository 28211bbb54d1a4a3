using Polly;
using Polly.Retry;

namespace SignalBroker.Hosting;

/// <summary>Retries for ever, with a jittered back-off.</summary>
internal static class Reconnecting
{
    // The first failure is worth a line at once; nine of the next ten say nothing new.
    private const int LogEvery = 10;

    /// <summary>Tries until it succeeds, is cancelled or can't succeed with these settings; waits 0.1 to 5 s.</summary>
    /// <param name="failed">Is told the first of every ten failures.</param>
    public static async Task<T> UntilDoneAsync<T>(
        Func<CancellationToken, Task<T>> attempt,
        Action<Exception> failed,
        CancellationToken cancellationToken
    )
    {
        var pipeline = new ResiliencePipelineBuilder()
            .AddRetry(
                new RetryStrategyOptions
                {
                    MaxRetryAttempts = int.MaxValue,
                    BackoffType = DelayBackoffType.Exponential,
                    Delay = TimeSpan.FromMilliseconds(100),
                    MaxDelay = TimeSpan.FromSeconds(5),
                    UseJitter = true,
                    // A request that timed out looks cancelled too; only this token counts.
                    ShouldHandle = outcome =>
                        new(
                            outcome.Outcome.Exception is not (null or InvalidSettingException)
                                && !cancellationToken.IsCancellationRequested
                        ),
                    OnRetry = retry =>
                    {
                        if (retry.AttemptNumber % LogEvery == 0)
                        {
                            failed(retry.Outcome.Exception!);
                        }

                        return ValueTask.CompletedTask;
                    },
                }
            )
            .Build();
        try
        {
            return await pipeline.ExecuteAsync(async token => await attempt(token), cancellationToken);
        }
        catch (Exception) when (cancellationToken.IsCancellationRequested)
        {
            // Whatever the last attempt failed with.
            throw new OperationCanceledException(cancellationToken);
        }
    }

    /// <inheritdoc cref="UntilDoneAsync{T}" />
    public static Task UntilDoneAsync(
        Func<CancellationToken, Task> attempt,
        Action<Exception> failed,
        CancellationToken cancellationToken
    ) =>
        UntilDoneAsync(
            async token =>
            {
                await attempt(token);
                return true;
            },
            failed,
            cancellationToken
        );
}
