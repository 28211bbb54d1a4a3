namespace SignalBroker.Bench.Wire;

/// <summary>What one sender sends, again and again with another stamp.</summary>
/// <param name="size">How many characters its content has.</param>
public sealed class Signal(int size)
{
    private readonly byte[] content = Stamp.NewContent(size);

    public ReadOnlyMemory<byte> Content => content;

    public Signal With(Stamp stamp)
    {
        stamp.WriteTo(content);
        return this;
    }
}
