using System.Text.Json;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;
using SignalBroker.Client.Sending;

namespace SignalBroker.Client;

/// <summary>What a user asks about its inbox: settling goes the way that signals go.</summary>
internal sealed class InboxCalls(
    Webapp webapp,
    Outbox<ListeningSession> outbox,
    SocketSending socketSending,
    SignalBrokerClientOptions options
)
{
    private readonly SessionCalls calls = new(webapp, outbox, options.Reconnects);

    /// <summary>Asks what is stored after a sequence; where none is given, after what the device has settled.</summary>
    public Task<InboxAnswer> ReadAsync(long? after, int limit, CancellationToken cancellationToken)
    {
        var path = after is null ? $"/inbox?limit={limit}" : $"/inbox?limit={limit}&after={after}";
        return calls.GetAsync(path, InboxJson.Default.InboxAnswer, cancellationToken);
    }

    /// <summary>Settles.</summary>
    /// <returns>Up to where nothing is left to settle.</returns>
    public async Task<long> SettleAsync(SettleRequest request, CancellationToken cancellationToken)
    {
        var answer = await outbox.AskAsync(
            (listening, stop) =>
                options.Send == SendsBy.Socket && listening.Listener.CanSend
                    ? SettleBySocketAsync(listening, request, stop)
                    : webapp.AskAsync(
                        listening.Session,
                        HttpMethod.Post,
                        "/inbox/settle",
                        JsonSerializer.SerializeToUtf8Bytes(request, InboxJson.Default.SettleRequest),
                        ApiJson.Default.ExchangeAnswer,
                        stop
                    ),
            calls.MayPass,
            // Closing itself settles what was read.
            isFarewell: true,
            cancellationToken
        );
        return answer.SettledThrough;
    }

    private Task<ExchangeAnswer> SettleBySocketAsync(
        ListeningSession listening,
        SettleRequest request,
        CancellationToken cancellationToken
    )
    {
        var id = Guid.CreateVersion7(options.TimeProvider.GetUtcNow()).ToString();
        var body = JsonSerializer.SerializeToUtf8Bytes(new(id, request), InboxJson.Default.SettleBySocketRequest);
        return socketSending.SendAsync(listening.Session, listening.Listener, id, body, cancellationToken);
    }
}
