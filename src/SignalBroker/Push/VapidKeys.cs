namespace SignalBroker.Push;

/// <summary>The keys that browsers have subscribed with.</summary>
/// <param name="Own">The one that they subscribe with now.</param>
/// <param name="Other">A second one while it changes; null otherwise.</param>
internal sealed record VapidKeys(VapidKey Own, VapidKey? Other = null);
