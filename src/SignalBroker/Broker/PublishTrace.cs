using System.Diagnostics;

namespace SignalBroker.Broker;

/// <summary>The span of a publish, from its call to the broker's answer.</summary>
/// <remarks>OpenTelemetry's semantic conventions for messaging name its attributes.</remarks>
public static class PublishTrace
{
    /// <summary>The name of the spans' source.</summary>
    public const string Source = "SignalBroker";

    private static readonly ActivitySource Spans = new(Source);

    /// <summary>Whether the request at hand is traced.</summary>
    public static bool IsOn => Activity.Current is { IsAllDataRequested: true };

    /// <summary>Publishes within a span.</summary>
    /// <param name="node">The node that is published to.</param>
    /// <param name="publish">Publishes.</param>
    public static async ValueTask<PublishOutcome> FollowAsync(string node, Func<ValueTask<PublishOutcome>> publish)
    {
        using var span = Spans.StartActivity("publish", ActivityKind.Producer);
        span?.SetTag("messaging.system", "rabbitmq");
        span?.SetTag("messaging.operation.type", "send");
        span?.SetTag("server.address", node);
        var outcome = await publish();
        span?.SetTag("signalbroker.outcome", outcome.Name);
        return outcome;
    }
}
