namespace SignalBroker.Client;

/// <summary>What became of a signal for the members of a room that listen on one node.</summary>
/// <param name="Members">How many they are.</param>
/// <param name="Outcome">What the node said.</param>
public sealed record DeliveryToNode(int Members, Outcome Outcome);
