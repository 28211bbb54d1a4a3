using System.Net;
using System.Runtime.InteropServices;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>Whose budgets and shares a signal uses; nobody's, if it is an application's or a receipt.</summary>
/// <param name="Address">Where the user's session was opened from; null when an application opened it.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Payer(string? Sender, IPAddress? Address)
{
    public static Payer Of(Sender sender) => new(sender.Session?.UserId, sender.Session?.Address);
}
