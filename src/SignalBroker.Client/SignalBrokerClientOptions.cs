using SignalBroker.Client.WebSockets;

namespace SignalBroker.Client;

/// <summary>How to connect, and as whom.</summary>
public sealed record SignalBrokerClientOptions
{
    private static readonly TimeSpan MinHeartBeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan MaxHeartBeat = TimeSpan.FromSeconds(30);

    /// <summary>The webapp's address, such as <c>https://signal.example</c>; a path in it is kept, a query is an error.</summary>
    public required Uri Url { get; init; }

    /// <summary>
    /// Who listens: 1 to 255 characters (Unicode code points), each a letter, an accent or a digit of any script or an ASCII
    /// sign other than <c>, % " &lt; &gt;</c>, compared in NFC. Null for the user of the token or, without
    /// one, for an anonymous user.
    /// </summary>
    public string? UserId { get; init; }

    /// <summary>
    /// What the user calls this device, 1 to 64 characters of the same set; may be left out. Others can send to it alone, and
    /// what is stored for the user is kept until each named device has settled it.
    /// </summary>
    public string? Device { get; init; }

    /// <summary>Where the client would like to listen; null for anywhere.</summary>
    public ListeningPlace? Place { get; init; }

    /// <summary>
    /// Gets the token (JWT) that proves who the user is; null where the server needs none. It is asked at the first
    /// connect, and again whenever the server refuses the last token.
    /// </summary>
    public Func<CancellationToken, ValueTask<string>>? Token { get; init; }

    /// <summary>
    /// A backend's service key: it connects whichever user
    /// <see cref="UserId"/> names, without that user's token. It is a
    /// secret, and never for a program that a user has. Not together with <see cref="Token"/>.
    /// </summary>
    public string? ServiceKey { get; init; }

    /// <summary>
    /// Where a user may have one session only, a client takes over from its own last one, which it knows by this secret of
    /// 22 to 64 characters of <c>A-Z a-z 0-9 - _</c>. Null for one that ends with the client; a program that is to take over
    /// when it is started again has to keep it. Not for two clients at a time.
    /// </summary>
    public string? Line { get; init; }

    /// <summary>
    /// How signals come in. Null for by WebSocket and, where those are refused twice or swallowed, within 5 s as server-sent
    /// events; after 10 minutes the next loss has a WebSocket tried once more.
    /// </summary>
    public ListensBy? Listen { get; init; }

    /// <summary>
    /// What is spoken over a WebSocket. Null for MQTT where the node offers it and, if it can't be reached by it or does not
    /// answer, STOMP at once; for 10 minutes after that, the next loss leads to STOMP as well. <see cref="SocketProtocol.Stomp"/> turns MQTT off,
    /// and <see cref="SocketProtocol.Mqtt"/> listens over no WebSocket of a node that does not offer it.
    /// </summary>
    public SocketProtocol? Protocol { get; init; }

    /// <summary>How signals go out.</summary>
    public SendsBy Send { get; init; }

    /// <summary>
    /// Whether the client tries again by itself. If not, the first attempt decides, the first loss closes the client with
    /// <see cref="ListeningFailedException"/>, and a signal that the server can't take at the moment is an error at once.
    /// </summary>
    public bool Reconnects { get; init; } = true;

    /// <summary>
    /// Gives up connecting after so long, with the reason why it has not succeeded. Null for never: the state tells within
    /// 10 s what it waits for.
    /// </summary>
    public TimeSpan? ConnectTimeout { get; init; }

    /// <summary>When stored signals are settled.</summary>
    public Settling Settle { get; init; }

    /// <summary>
    /// The sequence of the last stored signal that the application has dealt with, here or in an earlier run; 0 for none. What
    /// the server still has up to there is not read but settled, and <see cref="ClientState.Listening.Recovered"/> tells from
    /// the first connect on whether anything after it has expired. Null begins with whatever waits for the device. It goes with
    /// a <see cref="UserId"/> or a token: sequences are a user's.
    /// </summary>
    public long? AfterSequence { get; init; }

    /// <summary>Hears of every state, from the first <see cref="ClientState.Connecting"/> on. It must not block.</summary>
    public Action<ClientState>? StateChanged { get; init; }

    /// <summary>
    /// How often client and node tell each other that they are there, 1 to 30 s in whole seconds. A connection that has
    /// been silent for twice as long is given up.
    /// </summary>
    public TimeSpan HeartBeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many received signals may wait to be read, from 1 on. Then the client stops reading from its node, which
    /// tells senders <see cref="Outcome.Overloaded"/> and closes the connection after 15 s. Stored signals beyond that wait at
    /// the server instead.
    /// </summary>
    public int MaxUnreadSignals { get; init; } = 1000;

    /// <summary>
    /// What requests and WebSockets go through, to set a proxy or certificates, for example; it is not disposed of.
    /// Null for one that all clients of the process share. Redirects and cookies should be off.
    /// </summary>
    public HttpMessageInvoker? Http { get; init; }

    /// <summary>
    /// Opens the connection of a WebSocket to a <c>ws</c> or <c>wss</c> address, TLS included, instead of
    /// <see cref="Http"/>: from a source address of one's own, for example, or to have the means to break it. The client
    /// disposes of the stream. Its failures count as those of the node if they are an <see cref="IOException"/>, a
    /// <see cref="System.Net.Sockets.SocketException"/> or an
    /// <see cref="System.Security.Authentication.AuthenticationException"/>; any other closes the client.
    /// </summary>
    public Func<Uri, CancellationToken, ValueTask<Stream>>? OpenSocket { get; init; }

    /// <summary>
    /// Hears of each envelope, UTF-8 as it arrives and before it is read, for whom the moment or the bytes matter; they are
    /// only valid within the call, which must not block. If it returns true, it has dealt with the envelope: it is not read,
    /// and no signal of it comes to <see cref="SignalBrokerClient.ReadSignalsAsync"/>. An exception closes the client.
    /// </summary>
    public Func<ReadOnlyMemory<byte>, bool>? EnvelopeArrived { get; init; }

    /// <summary>The clock and the timers.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Keeps the user and all secrets out of logs.</summary>
    public override string ToString() => $"{nameof(SignalBrokerClientOptions)} {{ {nameof(Url)} = {Url} }}";

    /// <summary>What is wrong with a webapp's address; null when nothing is.</summary>
    // Paths are appended to it, so that even an empty query would swallow them.
    internal static string? Flaw(Uri url) =>
        url is { IsAbsoluteUri: true, Scheme: "http" or "https", UserInfo: "" }
        && url.OriginalString.AsSpan().IndexOfAny('?', '#') < 0
            ? null
            : $"{nameof(Url)} must be an http or https address without a user, a query or a fragment.";

    /// <summary>What is wrong with an option; null when nothing is.</summary>
    internal string? Flaw() =>
        Flaw(Url) is { } flaw ? flaw
        : HeartBeat < MinHeartBeat || HeartBeat > MaxHeartBeat ? $"{nameof(HeartBeat)} must be 1 to 30 s."
        : Token is not null && ServiceKey is not null ? $"Either {nameof(Token)} or {nameof(ServiceKey)} may be set."
        : AfterSequence < 0 ? $"{nameof(AfterSequence)} must be 0 or more."
        : ConnectTimeout <= TimeSpan.Zero ? $"{nameof(ConnectTimeout)} must be more than 0."
        : MaxUnreadSignals < 1 ? $"{nameof(MaxUnreadSignals)} must be 1 or more."
        : TimeProvider is null ? $"{nameof(TimeProvider)} must be set."
        : null;
}
