using System.Text.Json.Serialization;

namespace SignalBroker.Nodes;

/// <summary>Why a node gets a new session or does not.</summary>
[JsonConverter(typeof(CamelCaseEnum<NodeState>))]
internal enum NodeState
{
    /// <summary>The node is new: it is being checked, or has not been reached yet.</summary>
    Joining,

    /// <summary>The node takes sessions.</summary>
    Ready,

    /// <summary>The node holds as many sessions as its capacity.</summary>
    Full,

    /// <summary>The node has raised an alarm (memory or disk) and takes no publishes.</summary>
    Blocked,

    /// <summary>The node gets no more sessions, because it is to be taken away, and still holds some.</summary>
    Draining,

    /// <summary>The same, and it holds none any more.</summary>
    Drained,

    /// <summary>This webapp can't reach the node, or can't hear its events, or gets no answer in time.</summary>
    Unreachable,

    /// <summary>No webapp can use the node.</summary>
    Lost,
}
