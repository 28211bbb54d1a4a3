using System.Text.Json;
using System.Text.Json.Serialization;

namespace SignalBroker.Broker;

/// <summary>What the broker said of one publish.</summary>
[JsonConverter(typeof(CamelCaseEnum<PublishOutcome>))]
internal enum PublishOutcome
{
    /// <summary>The broker has it in a live queue. Whether the browser has read it is another question.</summary>
    Queued,

    /// <summary>There is no such queue: nobody listens there any more.</summary>
    NotListening,

    /// <summary>The queue or the node is full; the signal was turned away.</summary>
    Overloaded,

    /// <summary>Of a publish to several queues: at least one was full, and the node doesn't say which; the others have it.</summary>
    Partly,

    /// <summary>The node can't be reached or did not answer in time; the signal may arrive or not.</summary>
    Unknown,

    /// <summary>
    /// It was not published: another session has taken over from the one of the queue, and it is to go there. No sender is told.
    /// </summary>
    Moved,
}

internal static class PublishOutcomeNames
{
    private static readonly string[] Names =
    [
        .. Enum.GetNames<PublishOutcome>().Select(JsonNamingPolicy.CamelCase.ConvertName),
    ];

    extension(PublishOutcome outcome)
    {
        /// <summary>Its name on the wire and in metrics.</summary>
        public string Name => Names[(int)outcome];
    }
}
