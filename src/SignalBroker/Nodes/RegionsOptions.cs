using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Nodes;

/// <summary>The settings under <c>Regions:</c>.</summary>
internal sealed class RegionsOptions
{
    public const string Section = "Regions";

    /// <summary>
    /// The header of <c>/connect</c> in which a proxy says in which region the client is, such as <c>X-Region</c>. It counts where the
    /// body names none; empty for none.
    /// </summary>
    [RegularExpression("^[A-Za-z0-9-]{0,64}$")]
    public string Header { get; set; } = "";

    /// <summary>
    /// The regions in such an order that each is followed by its nearest, as <c>Regions:Order:0</c> and so on, round: while a region's
    /// nodes have no room, its sessions go to those that follow it. Without an order they go anywhere.
    /// </summary>
    public IReadOnlyList<string> Order { get; set; } = [];

    /// <summary>Whether <c>GET /nodes</c> tells everybody where nodes listen, so that clients can find out which region is the nearest.</summary>
    public bool Listed { get; set; }
}
