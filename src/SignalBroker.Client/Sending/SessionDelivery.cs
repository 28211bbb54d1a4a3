using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Sending;

/// <summary>A user's signals, which go through the session's socket or are posted with the session.</summary>
internal sealed class SessionDelivery(HttpCalls calls, SocketSending socket, SendsBy by) : Delivery<ListeningSession>
{
    public override Task<ExchangeAnswer> SendAsync(
        ListeningSession sender,
        OutgoingSignal signal,
        CancellationToken cancellationToken
    ) =>
        !IsPosting(sender) && socket.Takes(signal.Id, signal.Body)
            ? socket.SendAsync(sender, signal.Id, signal.Body, cancellationToken)
            : calls.ExchangeAsync(sender.Session.Authorization, signal.Body, cancellationToken);

    protected override bool IsPosting(ListeningSession sender) => by != SendsBy.Socket || !sender.Listener.CanSend;

    protected override Task<IReadOnlyList<SignalAnswer>> PostAsync(
        ListeningSession sender,
        IReadOnlyList<ReadOnlyMemory<byte>> bodies,
        CancellationToken cancellationToken
    ) => calls.ExchangeAsync(sender.Session.Authorization, bodies, cancellationToken);
}
