namespace SignalBroker.LocalCluster;

/// <summary>A part of the cluster did not do what it was asked; the message ends with its last log lines.</summary>
public sealed class PartFailedException(string message) : Exception(message);
