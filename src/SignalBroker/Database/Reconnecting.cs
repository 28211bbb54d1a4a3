using Polly;
using Polly.Retry;

namespace SignalBroker.Database;

/// <summary>How every connection that must stay up is opened again: for ever, with a jittered back-off.</summary>
public static class Reconnecting
{
    /// <summary>Tries until it succeeds or is cancelled, waiting 0.1 s at first and 5 s at most between tries.</summary>
    public static ResiliencePipeline Pipeline { get; } =
        new ResiliencePipelineBuilder()
            .AddRetry(
                new RetryStrategyOptions
                {
                    MaxRetryAttempts = int.MaxValue,
                    BackoffType = DelayBackoffType.Exponential,
                    Delay = TimeSpan.FromMilliseconds(100),
                    MaxDelay = TimeSpan.FromSeconds(5),
                    UseJitter = true,
                }
            )
            .Build();
}
