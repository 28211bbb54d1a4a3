using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using SignalBroker.Nodes;

namespace SignalBroker.Broker;

/// <summary>The publishing connection to one node, opened again whenever it breaks.</summary>
/// <remarks>
/// A probe is published every second. It tells three things that an idle connection does not: that the node is
/// frozen, that the path to it swallows packets, and (RabbitMQ tells only who publishes) that it has an alarm.
/// </remarks>
/// <param name="answered">Told of each publish that the node has answered.</param>
internal sealed partial class NodeLink(
    Node node,
    BrokerOptions options,
    Action<Publication> answered,
    TimeProvider clock,
    ILogger<NodeLink> logger
)
{
    // Overdue publishes are looked for more often than probes go out, so that a time-out is not much late.
    private const int LooksPerProbe = 4;

    // A connection on which nothing is confirmed for so long is broken, whatever the library says of it.
    private const int ProbesToGiveUp = 5;

    private readonly MovedQueues moved = new(clock);
    private volatile ConfirmedChannel? channel;

    /// <summary>The node's name.</summary>
    public string NodeName => node.Name;

    /// <summary>Publishes to a session's queue; never throws.</summary>
    public ValueTask<PublishOutcome> PublishAsync(
        string queue,
        ReadOnlyMemory<byte> body,
        TimeSpan timeToLive,
        PublishOrder order
    )
    {
        if (node.Blocked)
        {
            // The node would take it after the alarm, long after the sender was told otherwise.
            return ValueTask.FromResult(PublishOutcome.Overloaded);
        }

        return node.Responsive && channel is { } open
            ? PublishAsync(open, queue, body, timeToLive, copies: null, order)
            : ValueTask.FromResult(PublishOutcome.Unknown);
    }

    /// <summary>Publishes to many sessions' queues; never throws.</summary>
    /// <returns>An outcome for each part of the queues, in their order.</returns>
    public async Task<PublishOutcome[]> PublishAsync(
        string key,
        string[][] parts,
        ReadOnlyMemory<byte> body,
        TimeSpan timeToLive
    )
    {
        if (node.Blocked || !node.Responsive || channel is not { } open)
        {
            return [.. parts.Select(_ => node.Blocked ? PublishOutcome.Overloaded : PublishOutcome.Unknown)];
        }

        // A key for each part: what the broker returns is found by its key and its body, and the body is the same.
        ValueTask<PublishOutcome>[] publishes =
        [
            .. parts.Select((part, number) => PublishAsync(open, $"{key}.{number}", body, timeToLive, part)),
        ];
        var outcomes = new PublishOutcome[parts.Length];
        for (var number = 0; number < parts.Length; number++)
        {
            outcomes[number] = await publishes[number];
        }

        return outcomes;
    }

    private ValueTask<PublishOutcome> PublishAsync(
        ConfirmedChannel open,
        string key,
        ReadOnlyMemory<byte> body,
        TimeSpan timeToLive,
        string[]? copies,
        PublishOrder order = PublishOrder.Usual
    )
    {
        var span = PublishTrace.Start(node.Name);
        var publish = open.PublishAsync(key, body, timeToLive, mandatory: true, copies, order);
        return span is null ? publish : PublishTrace.EndAsync(span, publish);
    }

    /// <summary>Keeps the connection up until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        BrokerConnection.KeepAsync(node, "publisher", ServeAsync, logger, cancellationToken);

    private async Task ServeAsync(IConnection connection, CancellationToken cancellationToken)
    {
        connection.ConnectionBlockedAsync += OnBlockedAsync;
        connection.ConnectionUnblockedAsync += OnUnblockedAsync;
        await using var opened = await ConfirmedChannel.OpenAsync(
            connection,
            options,
            moved,
            answered,
            clock,
            cancellationToken
        );
        channel = opened;
        try
        {
            await ProbeAsync(opened, cancellationToken);
        }
        finally
        {
            channel = null;
            (node.Responsive, node.Blocked) = (false, false);
            // First the connection: a write that is stuck in it would keep the channel from closing.
            await BrokerConnection.AbandonAsync(connection);
        }
    }

    private async Task ProbeAsync(ConfirmedChannel opened, CancellationToken cancellationToken)
    {
        using var timer = new PeriodicTimer(options.ProbeInterval / LooksPerProbe, clock);
        Task<PublishOutcome>? probe = null;
        var askedAt = 0L;
        var confirmedAt = clock.GetTimestamp();
        for (var look = 0; !opened.Ended.IsCompleted; look++)
        {
            opened.GiveUpOverdue();
            if (probe is { IsCompleted: true })
            {
                SetResponsive(await probe == PublishOutcome.Queued);
                confirmedAt = node.Responsive ? clock.GetTimestamp() : confirmedAt;
                probe = null;
            }
            else if (probe is not null && clock.GetElapsedTime(askedAt) >= options.ProbeTimeout)
            {
                SetResponsive(false);
            }

            if (!node.Blocked && clock.GetElapsedTime(confirmedAt) >= options.ProbeTimeout * ProbesToGiveUp)
            {
                throw new TimeoutException("it confirms nothing");
            }

            if (probe is null && look % LooksPerProbe == 0)
            {
                askedAt = clock.GetTimestamp();
                probe = opened.PublishAsync(Topology.ProbeKey, default, timeToLive: null, mandatory: false).AsTask();
            }

            var tick = timer.WaitForNextTickAsync(cancellationToken).AsTask();
            if (await Task.WhenAny(tick, opened.Ended) == tick)
            {
                await tick;
            }
        }

        throw new IOException("the channel is closed");
    }

    private void SetResponsive(bool responsive)
    {
        if (node.Responsive != responsive)
        {
            node.Responsive = responsive;
            node.Failure = responsive ? null : "it does not confirm publishes in time";
            LogResponsive(node.Name, responsive);
        }
    }

    private Task OnBlockedAsync(object sender, ConnectionBlockedEventArgs blocked)
    {
        node.Blocked = true;
        LogBlocked(node.Name, blocked.Reason);
        return Task.CompletedTask;
    }

    private Task OnUnblockedAsync(object sender, AsyncEventArgs unblocked)
    {
        node.Blocked = false;
        LogUnblocked(node.Name);
        return Task.CompletedTask;
    }

    [LoggerMessage(LogLevel.Information, "Node {Node} confirms publishes: {Responsive}")]
    private partial void LogResponsive(string node, bool responsive);

    [LoggerMessage(LogLevel.Warning, "Node {Node} takes no publishes: {Reason}")]
    private partial void LogBlocked(string node, string reason);

    [LoggerMessage(LogLevel.Information, "Node {Node} takes publishes again")]
    private partial void LogUnblocked(string node);
}
