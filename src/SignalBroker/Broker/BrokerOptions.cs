using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Broker;

/// <summary>The settings under <c>Broker:</c>.</summary>
internal sealed class BrokerOptions
{
    public const string Section = "Broker";

    /// <summary>How long a publish may wait for the node's confirm before its outcome is unknown.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ConfirmTimeout { get; set; } = TimeSpan.FromSeconds(5);

    /// <summary>How often each node is asked whether it still confirms.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ProbeInterval { get; set; } = TimeSpan.FromSeconds(1);

    /// <summary>How long a node may take to confirm that before it gets no sessions and no signals.</summary>
    [Range(typeof(TimeSpan), "00:00:00.1", "00:01:00")]
    public TimeSpan ProbeTimeout { get; set; } = TimeSpan.FromSeconds(3);

    /// <summary>How many signals may wait to be written to one node before the next is turned away as overloaded.</summary>
    [Range(1, 1_000_000)]
    public int MaxWaiting { get; set; } = 2_000;
}
