using System.Diagnostics.CodeAnalysis;
using System.Net.Http.Headers;
using System.Runtime.CompilerServices;
using System.Text.Json;
using System.Text.Json.Serialization.Metadata;
using System.Threading.Channels;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;
using SignalBroker.Client.Sending;

namespace SignalBroker.Client;

/// <summary>A user who listens, and stays so over lost connections, nodes and webapps. All members are thread-safe.</summary>
/// <example>
/// <code>
/// await using var me = await SignalBrokerClient.ConnectAsync(new() { Url = new("https://signal.example"), UserId = "alice" });
/// await me.SendAsync("bob", JsonElement.Parse("""{ "hello": "bob" }"""));
/// await foreach (var signal in me.ReadSignalsAsync())
/// {
///     Console.WriteLine($"{signal.From}: {signal.Content}");
/// }
/// </code>
/// </example>
public sealed class SignalBrokerClient : IAsyncDisposable
{
    private readonly SignalBrokerClientOptions options;
    private readonly Webapp webapp;
    private readonly Connection connection;
    private readonly Outbox<ListeningSession> outbox;
    private readonly SocketSending socketSending;
    private readonly IceServersCache iceServers;
    private readonly Duplicates duplicates = new();
    private readonly Channel<Signal> signals;
    private readonly TaskCompletionSource firstListening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private volatile ClientState state = new ClientState.Connecting(Problem: null, RetryAt: null);
    private volatile OpenSession? session;
    private Task<Interruption>? running;

    private SignalBrokerClient(SignalBrokerClientOptions options)
    {
        this.options = options;
        webapp = new Webapp(options);
        connection = new Connection(options, webapp, Changed, ReceivedAsync);
        socketSending = new SocketSending(options.TimeProvider);
        iceServers = new IceServersCache(webapp, options.TimeProvider);
        outbox = new Outbox<ListeningSession>(
            DeliverAsync,
            Connection.Expired,
            options.TimeProvider,
            options.Reconnects
        );
        signals = Channel.CreateBounded<Signal>(new BoundedChannelOptions(options.MaxUnreadSignals));
    }

    /// <summary>Hears of every change of the state, one after the other. A handler must not block.</summary>
    /// <remarks>A handler that throws closes the client with <see cref="SignalBrokerCode.ClientFailed"/>.</remarks>
    public event EventHandler<ClientStateChangedEventArgs>? StateChanged;

    /// <summary>Where the client stands.</summary>
    public ClientState State => state;

    /// <summary>The session that listens, or that listened last.</summary>
    public SessionInfo Session => session!.Info;

    /// <summary>Ends when the client is closed for good, with the reason; it never fails.</summary>
    public Task<Interruption> Closed => running!;

    /// <summary>Who listens.</summary>
    public string UserId => Session.UserId;

    /// <summary>Opens a session and listens; after a failure that may pass, it waits and tries again.</summary>
    /// <param name="options">How to connect, and as whom.</param>
    /// <param name="cancellationToken">Gives up connecting; afterwards it changes nothing.</param>
    /// <returns>The client, once it listens.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="ServerRefusedException">The server refuses for good, a wrong user id or token for example.</exception>
    /// <exception cref="SignalBrokerException">
    /// Any other failure of the first attempt, where <see cref="SignalBrokerClientOptions.Reconnects"/> is off.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public static async Task<SignalBrokerClient> ConnectAsync(
        SignalBrokerClientOptions options,
        CancellationToken cancellationToken = default
    )
    {
        ArgumentNullException.ThrowIfNull(options);
        if (options.Flaw() is { } flaw)
        {
            throw new ArgumentException(flaw, nameof(options));
        }

        cancellationToken.ThrowIfCancellationRequested();
        var client = new SignalBrokerClient(options);
        client.running = client.RunAsync();
        try
        {
            await client.firstListening.Task.WaitAsync(cancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>Sends any JSON. Signals to one addressee go one after the other, in the order of the calls.</summary>
    /// <param name="to">A user's id, for all listening sessions of the user, or <see cref="Addressee.OfSession"/>.</param>
    /// <param name="content">The content; with the rest of the request at most 64 KiB.</param>
    /// <param name="options">What else there is to say; null for nothing.</param>
    /// <param name="cancellationToken">Gives the signal up; one that is under way may arrive all the same.</param>
    /// <returns>What became of it at each session. While the client reconnects, up to 100 signals wait.</returns>
    /// <exception cref="SignalNotSentException">It was given up before it was sent; the code says why.</exception>
    /// <exception cref="UserNotListeningException">The addressee has no session that listens.</exception>
    /// <exception cref="ServerRefusedException">The server refused it otherwise.</exception>
    /// <exception cref="ServerUnreachableException">The server did not answer: it may have been sent.</exception>
    /// <exception cref="OperationCanceledException">It was given up by the caller.</exception>
    public Task<Sent> SendAsync(
        Addressee to,
        JsonElement content,
        SendOptions? options = null,
        CancellationToken cancellationToken = default
    ) => SendAsync(OutgoingSignal.Write(to, options, this.options.TimeProvider, content.WriteTo), cancellationToken);

    /// <summary>Sends an object as JSON, without reflection.</summary>
    /// <param name="to">A user's id, for all listening sessions of the user, or <see cref="Addressee.OfSession"/>.</param>
    /// <param name="content">The content.</param>
    /// <param name="contentType">How the content is written, from a <c>JsonSerializerContext</c>.</param>
    /// <param name="options">What else there is to say; null for nothing.</param>
    /// <param name="cancellationToken">Gives the signal up; one that is under way may arrive all the same.</param>
    /// <inheritdoc cref="SendAsync(Addressee, JsonElement, SendOptions?, CancellationToken)"/>
    // Otherwise it would be ambiguous whose options a "new() { … }" are.
    [OverloadResolutionPriority(-1)]
    public Task<Sent> SendAsync<T>(
        Addressee to,
        T content,
        JsonTypeInfo<T> contentType,
        SendOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        SendAsync(
            OutgoingSignal.Write(
                to,
                options,
                this.options.TimeProvider,
                writer => JsonSerializer.Serialize(writer, content, contentType)
            ),
            cancellationToken
        );

    /// <summary>Sends an object as JSON in camelCase, by reflection.</summary>
    /// <param name="to">A user's id, for all listening sessions of the user, or <see cref="Addressee.OfSession"/>.</param>
    /// <param name="content">The content.</param>
    /// <param name="options">What else there is to say; null for nothing.</param>
    /// <param name="cancellationToken">Gives the signal up; one that is under way may arrive all the same.</param>
    /// <inheritdoc cref="SendAsync(Addressee, JsonElement, SendOptions?, CancellationToken)"/>
    [RequiresUnreferencedCode("Pass the content's JsonTypeInfo where code is trimmed.")]
    [RequiresDynamicCode("Pass the content's JsonTypeInfo where code is compiled ahead of time.")]
    public Task<Sent> SendAsync<T>(
        Addressee to,
        T content,
        SendOptions? options = null,
        CancellationToken cancellationToken = default
    ) =>
        SendAsync(
            OutgoingSignal.Write(
                to,
                options,
                this.options.TimeProvider,
                writer => JsonSerializer.Serialize(writer, content, JsonSerializerOptions.Web)
            ),
            cancellationToken
        );

    /// <summary>The signals as they arrive, each once; of several readers, each signal goes to one.</summary>
    /// <param name="cancellationToken">Ends the reading; what was not read is kept for the next reader.</param>
    /// <returns>Signals until the client is disposed of.</returns>
    /// <exception cref="SignalBrokerException">The server has refused the client for good, while it reconnected.</exception>
    /// <exception cref="OperationCanceledException">The reading was ended.</exception>
    public IAsyncEnumerable<Signal> ReadSignalsAsync(CancellationToken cancellationToken = default) =>
        signals.Reader.ReadAllAsync(cancellationToken);

    /// <summary>
    /// The Authorization header that proves <see cref="Session"/>, for requests of one's own. It is a secret, and changes
    /// with every reconnect.
    /// </summary>
    public AuthenticationHeaderValue GetAuthorization() => session!.Authorization;

    /// <summary>
    /// The ICE servers for a peer connection; asked for again when their credentials have less than a minute left. If that
    /// fails, the old ones are returned: they may still do.
    /// </summary>
    /// <param name="cancellationToken">Gives it up.</param>
    /// <exception cref="OperationCanceledException">It was given up.</exception>
    public ValueTask<IceServers> GetIceServersAsync(CancellationToken cancellationToken = default) =>
        iceServers.GetAsync(cancellationToken);

    /// <summary>Ends the session at the webapp and at the node; what still waits to be sent is given up.</summary>
    public async ValueTask DisposeAsync()
    {
        // Whoever does not read holds the connection up.
        signals.Writer.TryComplete();
        await connection.DisposeAsync();
        await running!;
    }

    private async Task<Sent> SendAsync(OutgoingSignal signal, CancellationToken cancellationToken)
    {
        var sent = await outbox.SendAsync(signal, cancellationToken);
        // A request that failed may still be read from, so only then its memory is not given back.
        signal.Dispose();
        return sent;
    }

    private Task<Sent> DeliverAsync(
        ListeningSession listening,
        OutgoingSignal signal,
        CancellationToken cancellationToken
    ) =>
        options.Send == SendsBy.Socket && listening.Listener.CanSend && socketSending.Takes(signal)
            ? socketSending.SendAsync(listening.Session, listening.Listener, signal, cancellationToken)
            : webapp.ExchangeAsync(listening.Session, signal.Body, cancellationToken);

    private async Task<Interruption> RunAsync()
    {
        var failure = await connection.RunAsync();
        var problem = failure switch
        {
            null => new Interruption(SignalBrokerCode.Closed, "The application closed the client."),
            SignalBrokerException refused => new(refused.Code, refused.Message),
            _ => new(SignalBrokerCode.ClientFailed, failure.Message),
        };
        outbox.Close(
            new SignalNotSentException(SignalBrokerCode.Closed, $"The client is closed: {problem.Reason}", failure)
        );
        signals.Writer.TryComplete(failure);
        firstListening.TrySetException(failure ?? new OperationCanceledException(problem.Reason));
        // Nobody waits for it after the first time.
        _ = firstListening.Task.Exception;
        try
        {
            Show(new ClientState.Closed(problem));
        }
        catch when (failure is not null)
        {
            // The handler has closed the client by throwing before.
        }

        return problem;
    }

    private void Changed(ClientState next, ListeningSession? opened)
    {
        if (opened is null)
        {
            outbox.Pause();
            socketSending.Lost();
            Show(next);
            return;
        }

        session = opened.Session;
        iceServers.Renew(opened.Session);
        Show(next);
        outbox.Open(opened);
        firstListening.TrySetResult();
    }

    private void Show(ClientState next)
    {
        state = next;
        options.StateChanged?.Invoke(next);
        StateChanged?.Invoke(this, new ClientStateChangedEventArgs(next));
    }

    private async ValueTask ReceivedAsync(ReadOnlyMemory<byte> envelope)
    {
        if (IsDealtWith(envelope))
        {
            return;
        }

        var signal = Envelope.Read(envelope, out var control);
        if (control is not null)
        {
            socketSending.Receive(control);
        }
        else if (signal is not null && !duplicates.Contains(signal) && !signals.Writer.TryWrite(signal))
        {
            try
            {
                await signals.Writer.WriteAsync(signal);
            }
            catch (ChannelClosedException)
            {
                // The client is being disposed of.
            }
        }
    }

    private bool IsDealtWith(ReadOnlyMemory<byte> envelope)
    {
        try
        {
            return options.EnvelopeArrived?.Invoke(envelope) == true;
        }
        catch (Exception failure)
        {
            throw new HandlerFailedException(failure);
        }
    }
}
