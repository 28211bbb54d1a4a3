using System.Buffers;
using SignalBroker.Client.Http;

namespace SignalBroker.Client.Listening;

/// <summary>Listens at the webapp, where WebSockets are blocked: the same envelopes as server-sent events.</summary>
internal sealed class StreamListener : Listener
{
    private const int ReceiveSize = 16 * 1024;
    private const int LookEvery = 5;

    // The webapp sends a comment at least every 15 s.
    private static readonly TimeSpan MaxPause = TimeSpan.FromSeconds(40);

    private readonly HttpCalls calls;
    private readonly EventReader events;
    private HttpResponseMessage? response;
    private Stream? stream;

    public StreamListener(HttpCalls calls, TimeProvider time, EnvelopeReceived received)
        : base(time, received) => (this.calls, events) = (calls, new EventReader(HandOn));

    public override ListensBy By => ListensBy.ServerSentEvents;

    protected override string OtherSide => "webapp";

    protected override void Break() => response?.Dispose();

    protected override async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        // Only a cancelled read breaks the connection at once; disposing would try to read the rest first.
        var token = cancellationToken.CanBeCanceled ? cancellationToken : Ending;
        // An empty read waits without a buffer.
#pragma warning disable CA2022
        _ = await stream!.ReadAsync(Memory<byte>.Empty, token);
#pragma warning restore CA2022
        var buffer = ArrayPool<byte>.Shared.Rent(ReceiveSize);
        try
        {
            var count = await stream.ReadAsync(buffer, token);
            if (count == 0)
            {
                Lose("The webapp ended the stream.");
            }

            Heard();
            events.Add(buffer.AsMemory(0, count));
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        await HoldUpAsync();
        return Reason is null;
    }

    protected override async Task BeginAsync(OpenSession session, CancellationToken cancellationToken)
    {
        response = await calls.OpenStreamAsync("/listen", session.Authorization, cancellationToken);
        stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        // The first bytes, a comment, say that the session listens.
        if (!await ReceiveAsync(cancellationToken))
        {
            throw new ListeningFailedException(Reason!);
        }

        (BeatEvery, MaxSilence) = (LookEvery, MaxPause);
    }
}
