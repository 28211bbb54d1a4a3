namespace SignalBroker.Push;

/// <summary>What a browser has made so that only itself can read what is pushed to it (RFC 8291).</summary>
/// <param name="PublicKey">Its public key: a point on P-256, uncompressed.</param>
/// <param name="Secret">The secret that it shares with whoever pushes.</param>
internal sealed record SubscriberKeys(byte[] PublicKey, byte[] Secret)
{
    /// <summary>How many bytes the secret has.</summary>
    public const int SecretBytes = 16;
}
