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

    private readonly EventReader events;
    private HttpResponseMessage? response;
    private Stream? stream;

    private StreamListener(TimeProvider time, EnvelopeReceived received)
        : base(time, received) => events = new EventReader(HandOn);

    public override ListensBy By => ListensBy.ServerSentEvents;

    protected override string OtherSide => "webapp";

    /// <summary>Opens the stream and returns when the webapp has said that the session listens.</summary>
    /// <exception cref="ListeningFailedException">The webapp can't be reached, refused, or took too long.</exception>
    public static Task<Listener> StartAsync(
        Webapp webapp,
        OpenSession session,
        SignalBrokerClientOptions options,
        EnvelopeReceived received,
        TimeSpan within,
        CancellationToken cancellationToken
    ) =>
        StartAsync<Listener>(
            new StreamListener(options.TimeProvider, received),
            (listener, limit) => ((StreamListener)listener).BeginAsync(webapp, session, limit),
            options.TimeProvider,
            within,
            cancellationToken
        );

    protected override void Break() => response?.Dispose();

    protected override async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        // Only a cancelled read breaks the connection at once; disposing would try to read the rest first.
        var token = cancellationToken.CanBeCanceled ? cancellationToken : Ending;
        // Waiting takes no buffer.
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

    private async Task BeginAsync(Webapp webapp, OpenSession session, CancellationToken cancellationToken)
    {
        response = await webapp.OpenStreamAsync(session, cancellationToken);
        stream = await response.Content.ReadAsStreamAsync(cancellationToken);
        // The first bytes, a comment, say that the session listens.
        if (!await ReceiveAsync(cancellationToken))
        {
            throw new ListeningFailedException(Reason!);
        }

        (BeatEvery, MaxSilence) = (LookEvery, MaxPause);
    }
}
