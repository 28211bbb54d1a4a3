using System.Text.Json;
using System.Text.Json.Serialization;
using SignalBroker.Broker;

namespace SignalBroker.Rooms;

/// <summary>The members who listen on one node, and what became of the signal there.</summary>
/// <param name="Members">How many other members listen there.</param>
/// <param name="Outcome">What the node said.</param>
internal sealed record NodeReached(int Members, PublishOutcome Outcome);

/// <summary>What became of a signal in a room.</summary>
/// <param name="Members">How many other members it is for.</param>
/// <param name="Listening">How many of them listen.</param>
/// <param name="Failure">The error to answer if it was for one member and did not reach it.</param>
/// <param name="Stored">For how many members it is stored; null if it was not to be stored.</param>
/// <param name="Full">For how many the inbox, or the sender's share of it, is full; null if not to be stored.</param>
/// <param name="IsHidden">Whether the sender may not know which of them it reached.</param>
internal sealed record RoomReached(
    string RoomId,
    int Members,
    int Listening,
    IReadOnlyList<NodeReached> Nodes,
    [property: JsonIgnore] Problem? Failure = null,
    int? Stored = null,
    int? Full = null,
    [property: JsonIgnore] bool IsHidden = false
)
{
    /// <summary>Writes the answer's members, which count, and name neither nodes nor members.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteString("room"u8, RoomId);
        writer.WriteNumber("members"u8, Members);
        writer.WriteNumber("listening"u8, Listening);
        if (Stored is { } stored && Full is { } full)
        {
            writer.WriteNumber("stored"u8, stored);
            writer.WriteNumber("full"u8, full);
        }

        writer.WriteStartArray("nodes"u8);
        foreach (var node in Nodes)
        {
            writer.WriteStartObject();
            writer.WriteNumber("members"u8, node.Members);
            writer.WriteString("outcome"u8, node.Outcome.Name);
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
