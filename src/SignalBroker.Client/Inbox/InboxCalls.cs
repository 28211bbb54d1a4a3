using System.Text.Json;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;
using SignalBroker.Client.Sending;

namespace SignalBroker.Client;

/// <summary>A user's requests about its inbox; settling goes through the socket if signals do.</summary>
internal sealed class InboxCalls(
    Webapp webapp,
    Outbox<ListeningSession> outbox,
    SocketSending socketSending,
    SignalBrokerClientOptions options
)
{
    private readonly SessionCalls calls = new(webapp, outbox, options.Reconnects);

    /// <summary>Reads what is stored after a sequence, or after what the device has settled.</summary>
    public Task<InboxAnswer> ReadAsync(long? after, int limit, CancellationToken cancellationToken)
    {
        var path = after is null ? $"/inbox?limit={limit}" : $"/inbox?limit={limit}&after={after}";
        return calls.GetAsync(path, InboxJson.Default.InboxAnswer, cancellationToken);
    }

    /// <returns>The sequence up to which nothing is left to settle.</returns>
    public async Task<long> SettleAsync(SettleRequest request, CancellationToken cancellationToken)
    {
        var answer = await outbox.AskAsync(
            (listening, stop) =>
                options.Send == SendsBy.Socket && listening.Listener.CanSend
                    ? SettleBySocketAsync(listening, request, stop)
                    : webapp.Calls.AskAsync(
                        HttpMethod.Post,
                        "/inbox/settle",
                        JsonSerializer.SerializeToUtf8Bytes(request, InboxJson.Default.SettleRequest),
                        listening.Session.Authorization,
                        ApiJson.Default.ExchangeAnswer,
                        stop
                    ),
            failure => calls.MayPass(failure),
            // A client that closes settles what was read.
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
        return socketSending.SendAsync(listening, id, body, cancellationToken);
    }
}
