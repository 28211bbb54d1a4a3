using SignalBroker.Broker;
using SignalBroker.Nodes;
using SignalBroker.Sessions;
using SignalBroker.StrangeBehaviors;

namespace SignalBroker.Listening;

/// <summary><c>GET /listen</c>: a session's signals as server-sent events, where WebSockets are blocked.</summary>
internal sealed partial class ListenEndpoint(
    SessionDirectory directory,
    SessionStore store,
    NodeCatalog nodes,
    StrangeBehaviorLog strange,
    Leaving leaving,
    IOptions<ListeningOptions> options,
    TimeProvider clock,
    ILogger<ListenEndpoint> logger
)
{
    private static readonly Problem KeyUsed = Problem.Of(
        StatusCodes.Status409Conflict,
        "key-already-used",
        "The session listens already, or has listened: a key is good for one socket or stream, once. Call /connect again."
    );

    private static readonly Problem NodeUnavailable = Problem.Of(
        StatusCodes.Status503ServiceUnavailable,
        "node-unavailable",
        "The session's node does not let it in at the moment. Call /connect again for a session on another node.",
        TimeSpan.FromSeconds(1)
    );

    /// <summary>Listens, where WebSockets are blocked.</summary>
    /// <remarks>
    /// Answers with server-sent events, of which each holds an envelope, for as long as the session listens. The first
    /// bytes, a comment, say that it does. A key is good for one stream or socket, once.
    /// </remarks>
    public async Task HandleAsync(HttpContext context)
    {
        using var ending = CancellationTokenSource.CreateLinkedTokenSource(context.RequestAborted, leaving.Over);
        try
        {
            var (connection, problem) = await LogInAsync(context, ending.Token);
            if (connection is null)
            {
                await problem!.ExecuteAsync(context);
                return;
            }

            await using (connection)
            {
                await ServeAsync(connection, context.Response, ending.Token);
            }
        }
        catch (OperationCanceledException) when (ending.IsCancellationRequested)
        {
            // The client has gone, or the webapp stops.
        }
    }

    private async Task<(SessionConnection? Connection, Problem? Problem)> LogInAsync(
        HttpContext context,
        CancellationToken cancellationToken
    )
    {
        if (
            context.Request.Headers.Authorization is not [{ } header]
            || Credential.ParseWithPasscode(header) is not var (credential, passcode)
        )
        {
            return (null, Problem.Unauthorized);
        }

        var session = await directory.AuthenticateAsync(credential);
        if (session is null)
        {
            strange.RecordBruteForce(context, "wrong or unknown credential at /listen", credential.ListeningKey);
            return (null, Problem.Unauthorized);
        }

        if (session.Admitted)
        {
            strange.Record(
                new(StrangeKind.SecondAdmission, "the session has had its socket; it asked for /listen")
                {
                    Node = session.Node,
                    ListeningKey = session.ListeningKey,
                    UserId = session.UserId,
                    SessionAddress = session.Address,
                }
            );
            return (null, KeyUsed);
        }

        if (!nodes.TryGet(session.Node, out var node) || !node.Responsive)
        {
            return (null, NodeUnavailable);
        }

        switch (await SessionConnection.OpenAsync(node, session.ListeningKey, passcode, cancellationToken))
        {
            case SessionLogin.Accepted(var connection):
                return (connection, null);
            case SessionLogin.NodeAway(var reason):
                LogNotOpened(node.Name, reason);
                return (null, NodeUnavailable);
            default:
                return (null, await ExplainAsync(session.ListeningKey));
        }
    }

    // The node doesn't say why it has not let the session in, and what memory said may have been old.
    private async Task<Problem> ExplainAsync(string listeningKey)
    {
        var found = await store.FindByKeyAsync([listeningKey]);
        return !found.TryGetValue(listeningKey, out var session) ? Problem.Unauthorized
            : session.Admitted ? KeyUsed
            : NodeUnavailable;
    }

    private async Task ServeAsync(
        SessionConnection connection,
        HttpResponse response,
        CancellationToken cancellationToken
    )
    {
        await using var stream = new EventStream(response, options.Value.WriteTimeout, clock);
        try
        {
            await stream.BeginAsync();
            await connection.ConsumeAsync(stream.SendAsync, cancellationToken);
            await using var moving = leaving.HasBegun
                ? default
                : leaving.Moving.UnsafeRegister(_ => _ = TryMoveAsync(stream), state: null);
            while (true)
            {
                await connection
                    .Ended.WaitAsync(options.Value.HeartbeatInterval, clock, cancellationToken)
                    .ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
                if (connection.Ended.IsCompleted || cancellationToken.IsCancellationRequested)
                {
                    return;
                }

                await stream.BeatAsync();
            }
        }
        catch (Exception broken)
        {
            // Either side may go at any moment; the other one is told by the end of its connection.
            LogBroken(broken.Message);
        }
    }

    // Its client opens another one, through another webapp, before this one ends.
    private async Task TryMoveAsync(EventStream stream)
    {
        try
        {
            await stream.SendAsync(SessionEvents.Move(clock, leaving.MovesWithin));
        }
        catch (Exception broken)
        {
            LogBroken(broken.Message);
        }
    }

    [LoggerMessage(LogLevel.Warning, "A session can't listen through its node {Node}: {Reason}")]
    private partial void LogNotOpened(string node, string reason);

    [LoggerMessage(LogLevel.Debug, "A stream of events has broken: {Reason}")]
    private partial void LogBroken(string reason);
}
