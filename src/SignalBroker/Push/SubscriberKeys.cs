namespace SignalBroker.Push;

/// <summary>A browser's keys, with which a push is encrypted so that only the browser can read it (RFC 8291).</summary>
/// <param name="PublicKey">A point on P-256, uncompressed.</param>
/// <param name="Secret">16 bytes that the browser shares with whoever pushes.</param>
internal sealed record SubscriberKeys(byte[] PublicKey, byte[] Secret)
{
    public const int SecretBytes = 16;
}
