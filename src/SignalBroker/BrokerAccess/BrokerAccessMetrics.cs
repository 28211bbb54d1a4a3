using System.Diagnostics.Metrics;

namespace SignalBroker.BrokerAccess;

/// <summary>What is measured about the nodes' questions.</summary>
internal sealed class BrokerAccessMetrics(IMeterFactory meters, TimeProvider clock)
{
    private readonly Histogram<double> answered = meters.CreateTimes(
        "signalbroker.broker_access.duration",
        "How long a node waited for the answer to a question"
    );

    /// <param name="answer"><c>allow</c>, <c>deny</c>, or <c>failed</c> if the database did not answer, which denies as well.</param>
    /// <param name="since">When the question came, by the clock's time stamp.</param>
    public void Answered(string question, string answer, long since) =>
        answered.Record(
            clock.GetElapsedTime(since).TotalSeconds,
            new("question", question),
            new KeyValuePair<string, object?>("answer", answer)
        );
}
