using System.Net.Http.Headers;
using System.Text.Json;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;
using SignalBroker.Client.Sending;

namespace SignalBroker.Client;

/// <summary>A user who listens, and stays so over lost connections, nodes and webapps. All members are thread-safe.</summary>
/// <example>
/// <code>
/// await using var me = await SignalBrokerClient.ConnectAsync(new() { Url = new("https://signal.example"), UserId =
/// "alice" }); await me.SendAsync("bob", JsonElement.Parse("""{ "hello": "bob" }""")); await foreach (var signal in
/// me.ReadSignalsAsync()) {     Console.WriteLine($"{signal.From}: {signal.Content}"); }
/// </code>
/// </example>
public sealed class SignalBrokerClient : SignalSender, IAsyncDisposable
{
    // How long closing waits for outstanding answers.
    private static readonly TimeSpan FarewellPatience = TimeSpan.FromSeconds(5);

    private readonly SignalBrokerClientOptions options;
    private readonly Webapp webapp;
    private readonly Connection connection;
    private readonly Outbox<ListeningSession> outbox;
    private readonly IceServersCache iceServers;
    private readonly Reception reception;
    private readonly TaskCompletionSource firstListening = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock showing = new();
    private volatile ClientState state = new ClientState.Connecting(Problem: null, RetryAt: null);
    private volatile OpenSession? session;

    // That session, or the one that is about to take over from it.
    private volatile OpenSession? sender;
    private volatile int timesListened;
    private Task<Interruption>? running;

    // Most clients need none of them.
    private ClientInbox? inbox;
    private ClientRooms? rooms;
    private ClientPresence? presence;

    private SignalBrokerClient(SignalBrokerClientOptions options)
        : base(options.TimeProvider)
    {
        this.options = options;
        webapp = new Webapp(options);
        reception = new Reception(this, options);
        connection = new Connection(this, options, webapp, reception.ReceiveAsync);
        SocketSending = new SocketSending(options.TimeProvider);
        iceServers = new IceServersCache(webapp, options.TimeProvider);
        outbox = new(
            new SessionDelivery(webapp.Calls, SocketSending, options.Send),
            connection.Expired,
            options.TimeProvider,
            options.Reconnects
        );
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

    /// <summary>What is stored for the user.</summary>
    public ClientInbox Inbox =>
        inbox
        ?? LazyInitializer.EnsureInitialized(
            ref inbox,
            () => reception.NewInbox(new(webapp, outbox, SocketSending, options), session?.Info.UserId)
        );

    /// <summary>The rooms of the user.</summary>
    public ClientRooms Rooms =>
        rooms ?? LazyInitializer.EnsureInitialized(ref rooms, () => new(new(webapp, outbox, options.Reconnects)));

    /// <summary>Who can be reached.</summary>
    public ClientPresence Presence =>
        presence
        ?? LazyInitializer.EnsureInitialized(
            ref presence,
            () => new(new(webapp, outbox, options.Reconnects), options.TimeProvider)
        );

    internal ClientInbox? UsedInbox => inbox;

    internal ClientPresence? UsedPresence => presence;

    /// <summary>What sends through the socket, and takes the answers.</summary>
    internal SocketSending SocketSending { get; }

    /// <summary>Opens a session and listens; after a failure that may pass, it waits and tries again.</summary>
    /// <param name="options">How to connect, and as whom.</param>
    /// <param name="cancellationToken">Cancels connecting; it has no effect afterwards.</param>
    /// <returns>The client, once it listens.</returns>
    /// <exception cref="ArgumentException">An option is out of its range.</exception>
    /// <exception cref="ServerRefusedException">The server refuses for good, a wrong user id or token for example.</exception>
    /// <exception cref="SignalBrokerException">
    /// Any other failure of the first attempt, where <see cref="SignalBrokerClientOptions.Reconnects"/> is off.
    /// </exception>
    /// <exception cref="ListeningFailedException"><see cref="SignalBrokerClientOptions.ConnectTimeout"/> is over.</exception>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
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
            await client.connection.WaitForFirstAsync(client.firstListening.Task, cancellationToken);
            return client;
        }
        catch
        {
            await client.DisposeAsync();
            throw;
        }
    }

    /// <summary>
    /// The signals as they arrive, each once; of several readers, each signal goes to one. Stored ones come in the
    /// order of their sequences, and are settled when the next signal is asked for, unless
    /// <see cref="SignalBrokerClientOptions.Settle"/> says otherwise.
    /// </summary>
    /// <param name="cancellationToken">Ends the reading; what was not read is kept for the next reader.</param>
    /// <returns>Signals until the client is disposed of.</returns>
    /// <exception cref="SignalBrokerException">The server has refused the client for good, while it reconnected.</exception>
    /// <exception cref="OperationCanceledException">The caller ended the reading.</exception>
    public IAsyncEnumerable<Signal> ReadSignalsAsync(CancellationToken cancellationToken = default) =>
        reception.ReadAsync(cancellationToken);

    /// <summary>
    /// The Authorization header that proves <see cref="Session"/>, or the one that is about to take over from it, for
    /// requests of one's own. It is a secret, and changes with every move and every reconnect.
    /// </summary>
    public AuthenticationHeaderValue GetAuthorization() => sender!.Authorization;

    /// <summary>
    /// The ICE servers for a peer connection; asked for again when their credentials have less than a minute left. If
    /// that fails, the old ones are returned: they may still do.
    /// </summary>
    /// <param name="cancellationToken">Cancels the call.</param>
    /// <exception cref="OperationCanceledException">The caller cancelled it.</exception>
    public ValueTask<IceServers> GetIceServersAsync(CancellationToken cancellationToken = default) =>
        iceServers.GetAsync(cancellationToken);

    /// <summary>
    /// Takes no more signals and questions, waits up to 5 s for answers to what is under way, and ends the session at
    /// the webapp and at the node. What has got no answer by then fails at once with
    /// <see cref="ServerUnreachableException"/>, what was not sent with <see cref="SignalNotSentException"/>. Stored
    /// signals that have not been settled come again to the device's next client.
    /// </summary>
    public async ValueTask DisposeAsync()
    {
        // Otherwise signals that nobody reads would hold up the connection.
        reception.Complete(failure: null);
        var patience = state is ClientState.Listening ? FarewellPatience : TimeSpan.Zero;
        var (code, reason) = Connection.ClosedByApplication;
        var why = new SignalNotSentException(code, reason);
        await Task.WhenAll(
            outbox.DrainAsync(why, patience),
            inbox?.Arrivals.FinishAsync(patience) ?? Task.CompletedTask
        );
        outbox.Close(why);
        await connection.DisposeAsync();
        await running!;
    }

    /// <summary>It does not listen.</summary>
    internal void Waits(ClientState next)
    {
        outbox.Pause();
        SocketSending.Lost();
        Show(next);
    }

    /// <summary>It listens with a new session.</summary>
    internal void Listens(ListeningSession opened)
    {
        session = sender = opened.Session;
        timesListened++;
        iceServers.Renew(opened.Session);
        if (options.AfterSequence is not null)
        {
            _ = Inbox;
        }

        Show(opened.State);
        outbox.Open(opened);
        presence?.Resume();
        if (inbox?.Arrivals.Opened(opened.Session.Info) is { } place)
        {
            _ = ShowRecoveredAsync(timesListened, inbox.Arrivals, place);
        }

        firstListening.TrySetResult();
    }

    /// <summary>Requests are made as this session from now on, which may not listen yet.</summary>
    internal void SendAs(ListeningSession either)
    {
        sender = either.Session;
        outbox.Open(either);
    }

    /// <summary>Another session has taken over; all that the old one was subscribed to goes on.</summary>
    internal void Moved(ListeningSession moved)
    {
        session = sender = moved.Session;
        iceServers.Renew(moved.Session);
        lock (showing)
        {
            Show(moved.State with { Recovered = (state as ClientState.Listening)?.Recovered });
        }

        outbox.Open(moved);
    }

    /// <summary>Ends when everything that was sent through a listener is answered.</summary>
    internal Task AnsweredAsync(Listener listener) => SocketSending.AnsweredAsync(listener);

    /// <summary>A listener is closed from whose session another one has taken over.</summary>
    internal void Left(Listener listener) => SocketSending.Lost(listener);

    /// <summary>Hears what the server tells of the session.</summary>
    internal void Hear(JsonElement told)
    {
        if (SessionEvent.Read(told) is { } happened)
        {
            connection.Hear(happened);
        }
    }

    private protected override Task<ExchangeAnswer> DeliverAsync(
        OutgoingSignal signal,
        CancellationToken cancellationToken
    ) => outbox.SendAsync(signal, cancellationToken);

    private async Task<Interruption> RunAsync()
    {
        var failure = await connection.RunAsync();
        var problem = failure switch
        {
            null => Connection.ClosedByApplication,
            SignalBrokerException refused => new(refused.Code, refused.Message),
            _ => new(SignalBrokerCode.ClientFailed, failure.Message),
        };
        outbox.Close(
            new SignalNotSentException(SignalBrokerCode.Closed, $"The client is closed: {problem.Reason}", failure)
        );
        reception.Complete(failure);
        presence?.Close(failure);
        firstListening.TrySetException(failure ?? new OperationCanceledException(problem.Reason));
        // Nobody waits for it after the first time.
        _ = firstListening.Task.Exception;
        try
        {
            Show(new ClientState.Closed(problem));
        }
        catch when (failure is not null)
        {
            // The handler threw before, and so closed the client.
        }

        return problem;
    }

    private void Show(ClientState next)
    {
        lock (showing)
        {
            state = next;
            options.StateChanged?.Invoke(next);
            StateChanged?.Invoke(this, new ClientStateChangedEventArgs(next));
        }
    }

    private async Task ShowRecoveredAsync(int time, StoredArrivals arrivals, Place place)
    {
        var recovered = await arrivals.AskRecoveredAsync(place, () => StillListens(time));
        try
        {
            lock (showing)
            {
                if (recovered is not null && StillListens(time))
                {
                    Show((ClientState.Listening)state with { Recovered = recovered });
                }
            }
        }
        catch (Exception failure)
        {
            connection.Fail(failure);
        }
    }

    private bool StillListens(int time) => state is ClientState.Listening && timesListened == time;
}
