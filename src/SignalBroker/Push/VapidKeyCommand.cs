namespace SignalBroker.Push;

/// <summary><c>SignalBroker make-push-key</c>: makes a key for the operator, instead of starting the webapp.</summary>
internal static class VapidKeyCommand
{
    public const string Name = "make-push-key";

    /// <summary>Prints a new key as settings.</summary>
    public static int Run()
    {
        var key = VapidKey.Create();
        Console.WriteLine($"Push__PrivateKey={key.PrivateKey}");
        Console.WriteLine($"# secret; its public key, which /push/key tells: {key.PublicKey}");
        return 0;
    }
}
