using System.ComponentModel.DataAnnotations;

namespace SignalBroker.Moderation;

/// <summary>The section <c>Moderation</c>: what operators and backends do to sessions and users.</summary>
internal sealed class ModerationOptions
{
    public const string Section = "Moderation";

    /// <summary>How long the audit log keeps what was done.</summary>
    [Range(typeof(TimeSpan), "1.00:00:00", "3650.00:00:00")]
    public TimeSpan KeepAuditFor { get; set; } = TimeSpan.FromDays(365);
}
