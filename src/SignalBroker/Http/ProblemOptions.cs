namespace SignalBroker.Http;

/// <summary>How problems are written, which other folders decide; there are no settings for it.</summary>
internal sealed class ProblemOptions
{
    /// <summary>Whether the detail is repeated as <c>message</c>.</summary>
    public bool RepeatsDetail { get; set; }
}
