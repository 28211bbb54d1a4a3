using System.Net;
using System.Runtime.InteropServices;
using SignalBroker.Identity;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>Whose budgets and shares a stored signal uses up; nobody's, if an application sends it or if it is a receipt.</summary>
/// <param name="Address">The address that the user's session was opened from; null when an application has opened it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Payer(string? Sender, IPAddress? Address)
{
    /// <summary>Who pays for what the sender sends.</summary>
    public static Payer Of(Sender sender) => new(sender.Session?.UserId, sender.Session?.Address);
}
