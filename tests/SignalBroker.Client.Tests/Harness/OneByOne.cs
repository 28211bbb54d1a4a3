using SignalBroker.Client.Http;
using SignalBroker.Client.Sending;

namespace SignalBroker.Client.Tests.Harness;

/// <summary>Hands signals over to a test, one by one as through a socket.</summary>
internal sealed class OneByOne<TSender>(Func<TSender, OutgoingSignal, CancellationToken, Task<ExchangeAnswer>> deliver)
    : Delivery<TSender>
{
    public override Task<ExchangeAnswer> SendAsync(TSender sender, OutgoingSignal signal, CancellationToken token) =>
        deliver(sender, signal, token);

    protected override bool IsPosting(TSender sender) => false;

    protected override Task<IReadOnlyList<SignalAnswer>> PostAsync(
        TSender sender,
        IReadOnlyList<ReadOnlyMemory<byte>> bodies,
        CancellationToken token
    ) => throw new NotSupportedException();
}
