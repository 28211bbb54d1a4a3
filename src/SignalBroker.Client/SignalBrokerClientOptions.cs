namespace SignalBroker.Client;

/// <summary>How to connect, and as whom.</summary>
public sealed record SignalBrokerClientOptions
{
    private static readonly TimeSpan LeastHeartBeat = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan LongestHeartBeat = TimeSpan.FromSeconds(30);

    /// <summary>The webapp's address, such as <c>https://signal.example</c>; a path in it is kept.</summary>
    public required Uri Url { get; init; }

    /// <summary>
    /// Who listens: 1 to 128 characters of <c>A-Z a-z 0-9 . _ ~ @ + : -</c>. Null for the user of the token or, without
    /// one, for an anonymous user.
    /// </summary>
    public string? UserId { get; init; }

    /// <summary>What the user calls this device, 1 to 64 characters of the same set; may be left out.</summary>
    public string? Device { get; init; }

    /// <summary>
    /// Gets the token (JWT) that proves who the user is; null where the server needs none. It is asked at the first
    /// connect, and again whenever the server refuses the last token.
    /// </summary>
    public Func<CancellationToken, ValueTask<string>>? Token { get; init; }

    /// <summary>Hears of every state, from the first <see cref="ClientState.Connecting"/> on. It must not block.</summary>
    public Action<ClientState>? StateChanged { get; init; }

    /// <summary>
    /// How often client and node tell each other that they are there, 1 to 30 s in whole seconds. A connection that has
    /// been silent for twice as long is given up.
    /// </summary>
    public TimeSpan HeartBeat { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How many received signals may wait to be read, from 1 on. Then the client stops reading from its node, which
    /// tells senders <see cref="Outcome.Overloaded"/> and closes the connection after 15 s.
    /// </summary>
    public int MaxUnreadSignals { get; init; } = 1000;

    /// <summary>
    /// What requests and WebSockets go through, to set a proxy or certificates, for example; it is not disposed of.
    /// Null for one that all clients of the process share. Redirects and cookies should be off.
    /// </summary>
    public HttpMessageInvoker? Http { get; init; }

    /// <summary>The clock and the timers.</summary>
    public TimeProvider TimeProvider { get; init; } = TimeProvider.System;

    /// <summary>Keeps the token's source and the user out of logs.</summary>
    public override string ToString() => $"{nameof(SignalBrokerClientOptions)} {{ {nameof(Url)} = {Url} }}";

    /// <summary>What is wrong with an option; null when nothing is.</summary>
    internal string? Flaw() =>
        Url is not { IsAbsoluteUri: true, Scheme: "http" or "https" }
            ? $"{nameof(Url)} must be an http or https address."
        : HeartBeat < LeastHeartBeat || HeartBeat > LongestHeartBeat ? $"{nameof(HeartBeat)} must be 1 to 30 s."
        : MaxUnreadSignals < 1 ? $"{nameof(MaxUnreadSignals)} must be 1 or more."
        : TimeProvider is null ? $"{nameof(TimeProvider)} must be set."
        : null;
}
