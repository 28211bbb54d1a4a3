using System.Diagnostics.Metrics;

namespace SignalBroker.Exchange;

/// <summary>What is counted and measured about the answers that senders get.</summary>
internal sealed class ExchangeMetrics(IMeterFactory meters, TimeProvider clock)
{
    public const string Http = "http";
    public const string Socket = "socket";

    private readonly Counter<long> answered = meters
        .CreateOwn()
        .CreateCounter<long>("signalbroker.signals.answered", "{signal}", "Signals, by what their senders were told");

    private readonly Histogram<double> took = meters.CreateTimes(
        "signalbroker.exchange.duration",
        "From the arrival of a request, or of a signal through a socket, to its answer"
    );

    /// <param name="via">The way that the signal came in.</param>
    /// <param name="outcome"><c>sent</c>, <c>stored</c>, <c>accepted</c>, or the problem's code.</param>
    public void Answered(string via, string outcome) =>
        answered.Add(1, new("via", via), new KeyValuePair<string, object?>("outcome", outcome));

    /// <param name="since">When it came, by the clock's time stamp.</param>
    public void Took(string via, long since) =>
        took.Record(clock.GetElapsedTime(since).TotalSeconds, new KeyValuePair<string, object?>("via", via));
}
