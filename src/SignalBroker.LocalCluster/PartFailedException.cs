namespace SignalBroker.LocalCluster;

/// <summary>A part of the cluster did not do what it was asked; the message ends with its last log lines.</summary>
public sealed class PartFailedException : Exception
{
    public PartFailedException() { }

    public PartFailedException(string message)
        : base(message) { }

    public PartFailedException(string message, Exception innerException)
        : base(message, innerException) { }
}
