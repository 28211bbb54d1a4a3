using System.Text.Json;
using SignalBroker.Http;

namespace SignalBroker.Rooms;

/// <summary>What the broker said of a signal to the members who listen on one node.</summary>
public enum RoomOutcome
{
    /// <summary>The node has it in the members' live queues.</summary>
    Queued,

    /// <summary>At least one of the queues was full, and the node doesn't say which; the other members have it.</summary>
    Partly,

    /// <summary>Nobody listens there any more.</summary>
    NotListening,

    /// <summary>The node is full; nobody there has it.</summary>
    Overloaded,

    /// <summary>The node can't be reached or did not answer in time; the signal may arrive or not.</summary>
    Unknown,
}

/// <summary>The members who listen on one node, and what became of the signal there.</summary>
/// <param name="Members">How many other members listen there.</param>
/// <param name="Outcome">What the node said.</param>
public sealed record NodeReached(int Members, RoomOutcome Outcome);

/// <summary>What became of a signal in a room.</summary>
/// <param name="RoomId">The room.</param>
/// <param name="Members">How many other members it is for.</param>
/// <param name="Listening">How many of them have a session that listens.</param>
/// <param name="Nodes">What became of it on each node.</param>
/// <param name="Failure">What is answered when it reached nobody although it is for one member only; null otherwise.</param>
public sealed record RoomReached(
    string RoomId,
    int Members,
    int Listening,
    IReadOnlyList<NodeReached> Nodes,
    Problem? Failure
)
{
    /// <summary>Writes the members of the answer. It counts, and names neither nodes nor members.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteString("room"u8, RoomId);
        writer.WriteNumber("members"u8, Members);
        writer.WriteNumber("listening"u8, Listening);
        writer.WriteStartArray("nodes"u8);
        foreach (var node in Nodes)
        {
            writer.WriteStartObject();
            writer.WriteNumber("members"u8, node.Members);
            writer.WriteString("outcome"u8, JsonNamingPolicy.CamelCase.ConvertName(node.Outcome.ToString()));
            writer.WriteEndObject();
        }

        writer.WriteEndArray();
    }
}
