namespace SignalBroker.Http;

/// <summary>How problems are written; no setting, but for other folders to decide.</summary>
internal sealed class ProblemOptions
{
    /// <summary>Whether the detail comes a second time, as <c>message</c>.</summary>
    public bool RepeatsDetail { get; set; }
}
