using System.Diagnostics.Metrics;

namespace SignalBroker.Connect;

/// <summary>What is counted about connects, tagged by what they were answered.</summary>
internal sealed class ConnectMetrics(IMeterFactory meters)
{
    private readonly Counter<long> answered = meters
        .CreateOwn()
        .CreateCounter<long>("signalbroker.connects", "{connect}", "Answers of /connect");

    /// <param name="outcome"><c>opened</c>, or the problem's code.</param>
    public void Answered(string outcome) => answered.Add(1, new KeyValuePair<string, object?>("outcome", outcome));
}
