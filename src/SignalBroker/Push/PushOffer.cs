namespace SignalBroker.Push;

/// <summary>What browsers are offered.</summary>
/// <param name="PublicKey">The key that they subscribe with; null when nothing is pushed.</param>
internal sealed record PushOffer(string? PublicKey)
{
    public bool IsOn => PublicKey is not null;
}
