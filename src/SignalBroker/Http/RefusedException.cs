namespace SignalBroker.Http;

/// <summary>The request can't be served; the problem says why.</summary>
internal sealed class RefusedException(Problem problem) : Exception
{
    public Problem Problem => problem;
}
