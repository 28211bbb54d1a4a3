using System.Net.Http.Headers;
using SignalBroker.Client.Http;

namespace SignalBroker.Client.Sending;

/// <summary>An application's signals, which are posted with its service key.</summary>
internal sealed class ApplicationDelivery(HttpCalls calls) : Delivery<AuthenticationHeaderValue>
{
    public override Task<ExchangeAnswer> SendAsync(
        AuthenticationHeaderValue sender,
        OutgoingSignal signal,
        CancellationToken cancellationToken
    ) => calls.ExchangeAsync(sender, signal.Body, cancellationToken);

    protected override bool IsPosting(AuthenticationHeaderValue sender) => true;

    protected override Task<IReadOnlyList<SignalAnswer>> PostAsync(
        AuthenticationHeaderValue sender,
        IReadOnlyList<ReadOnlyMemory<byte>> bodies,
        CancellationToken cancellationToken
    ) => calls.ExchangeAsync(sender, bodies, cancellationToken);
}
