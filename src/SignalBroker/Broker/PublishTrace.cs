using System.Diagnostics;

namespace SignalBroker.Broker;

/// <summary>The span of a publish, from its call to the broker's answer.</summary>
/// <remarks>OpenTelemetry's semantic conventions for messaging name its attributes.</remarks>
internal static class PublishTrace
{
    /// <summary>The name of the spans' source.</summary>
    public const string Source = "SignalBroker";

    private static readonly ActivitySource Spans = new(Source);

    /// <summary>Begins the span; null unless the request at hand is traced.</summary>
    /// <param name="node">The node that is published to.</param>
    public static Activity? Start(string node)
    {
        if (Activity.Current is not { IsAllDataRequested: true } request)
        {
            return null;
        }

        var span = Spans.StartActivity("publish", ActivityKind.Producer);
        span?.SetTag("messaging.system", "rabbitmq");
        span?.SetTag("messaging.operation.type", "send");
        span?.SetTag("server.address", node);
        // The next publish of the request stands beside this one, not below it.
        Activity.Current = request;
        return span;
    }

    /// <summary>Ends the span with what the broker answers.</summary>
    public static async ValueTask<PublishOutcome> EndAsync(Activity span, ValueTask<PublishOutcome> publish)
    {
        var outcome = await publish;
        span.SetTag("signalbroker.outcome", outcome.Name);
        span.Stop();
        return outcome;
    }
}
