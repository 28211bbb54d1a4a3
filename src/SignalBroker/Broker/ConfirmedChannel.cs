using System.Collections.Concurrent;
using System.Globalization;
using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;

namespace SignalBroker.Broker;

/// <summary>One AMQP channel on which publishes are pipelined, each with the broker's own answer.</summary>
/// <remarks>
/// The client library could track confirms by itself, but it adds a header that every listener would receive, and
/// has no time-out. A single writer keeps the order and gives each publish the delivery tag that the broker counts.
/// </remarks>
internal sealed class ConfirmedChannel : IAsyncDisposable
{
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(2);

    private readonly IChannel channel;
    private readonly TimeProvider clock;
    private readonly MovedQueues moved;
    private readonly TimeSpan confirmTimeout;
    private readonly Channel<Publication> waiting;
    private readonly ConcurrentQueue<Publication> byAge = new();
    private readonly Unconfirmed unconfirmed;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task writing;

    // Nearly all signals have the same time to live, so the properties of the last one are kept.
    private BasicProperties properties = PropertiesFor(null);
    private TimeSpan? propertiesFor;

    private ConfirmedChannel(
        IChannel channel,
        BrokerOptions options,
        MovedQueues moved,
        Action<Publication> answered,
        TimeProvider clock
    )
    {
        // Nobody waits for the answer to a probe.
        unconfirmed = new(publication =>
        {
            if (publication.Mandatory)
            {
                answered(publication);
            }
        });
        (this.channel, this.moved, this.clock) = (channel, moved, clock);
        confirmTimeout = options.ConfirmTimeout;
        waiting = Channel.CreateBounded<Publication>(
            new BoundedChannelOptions(options.MaxWaiting)
            {
                SingleReader = true,
                // A lone publisher writes by itself, without another thread's help.
                AllowSynchronousContinuations = true,
            }
        );
        channel.BasicAcksAsync += OnAckAsync;
        channel.BasicNacksAsync += OnNackAsync;
        channel.BasicReturnAsync += OnReturnAsync;
        channel.ChannelShutdownAsync += OnShutdownAsync;
        writing = Task.Run(WriteAsync);
    }

    /// <summary>Opens a channel in confirm mode.</summary>
    /// <param name="answered">Told of each publish that the broker has answered, probes left out.</param>
    public static async Task<ConfirmedChannel> OpenAsync(
        IConnection connection,
        BrokerOptions options,
        MovedQueues moved,
        Action<Publication> answered,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var opened = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false),
            cancellationToken
        );
        return new(opened, options, moved, answered, clock);
    }

    /// <summary>Ends when nothing can be published any more, for whichever reason.</summary>
    public Task Ended => ended.Task;

    /// <summary>Publishes to the queue of this name; never throws.</summary>
    /// <param name="queue">The queue's name, which the default exchange takes for the routing key.</param>
    /// <param name="body">What is delivered; it must not change before the outcome is there.</param>
    /// <param name="timeToLive">How long the message may wait in the queue; null for the queue's own limit.</param>
    /// <param name="mandatory">Whether the broker says when there is no such queue.</param>
    /// <param name="copies">The queues that get a copy each; the key leads nowhere then.</param>
    /// <param name="order">Its place among the others to the queue.</param>
    public ValueTask<PublishOutcome> PublishAsync(
        string queue,
        ReadOnlyMemory<byte> body,
        TimeSpan? timeToLive,
        bool mandatory,
        string[]? copies = null,
        PublishOrder order = PublishOrder.Usual
    )
    {
        var publication = Publication.Rent(queue, body, timeToLive, mandatory, clock.GetTimestamp(), copies, order);
        if (!waiting.Writer.TryWrite(publication))
        {
            return new(channel.IsOpen ? PublishOutcome.Overloaded : PublishOutcome.Unknown);
        }

        byAge.Enqueue(publication);
        return publication.Outcome;
    }

    /// <summary>
    /// Gives the outcome <see cref="PublishOutcome.Unknown"/> to whatever waits for too long. One caller at a time.
    /// </summary>
    public void GiveUpOverdue()
    {
        while (byAge.TryPeek(out var oldest) && (oldest.IsSettled || IsOverdue(oldest)))
        {
            oldest.TrySettle(PublishOutcome.Unknown);
            byAge.TryDequeue(out _);
            oldest.Release();
        }
    }

    public async ValueTask DisposeAsync()
    {
        End();
        try
        {
            await channel.AbortAsync().WaitAsync(FarewellTime, clock);
            await writing.WaitAsync(FarewellTime, clock);
            await channel.DisposeAsync();
        }
        catch (TimeoutException)
        {
            // The library can wait for ever on a connection that broke while it wrote; it is left to the collector.
        }
    }

    private bool IsOverdue(Publication publication) => clock.GetElapsedTime(publication.Since) >= confirmTimeout;

    private async Task WriteAsync()
    {
        try
        {
            await foreach (var publication in waiting.Reader.ReadAllAsync())
            {
                await WriteAsync(publication);
            }
        }
        catch (Exception)
        {
            // The channel is closed. Its shutdown handler may be long in coming.
            End();
        }
    }

    private async ValueTask WriteAsync(Publication publication)
    {
        if (publication.IsSettled)
        {
            // Its sender has been told that the outcome is unknown; it is not delivered behind their back.
            publication.Release();
            return;
        }

        if (moved.Refuses(publication))
        {
            publication.TrySettle(PublishOutcome.Moved);
            publication.Release();
            return;
        }

        if (publication.Order == PublishOrder.Last)
        {
            moved.Add(publication.Queue);
        }

        if (publication.TimeToLive != propertiesFor)
        {
            (properties, propertiesFor) = (PropertiesFor(publication.TimeToLive), publication.TimeToLive);
        }

        unconfirmed.Add(publication);
        await channel.BasicPublishAsync(
            exchange: "",
            publication.Queue,
            publication.Mandatory,
            publication.Copies is { } copies ? WithCopies(properties, copies) : properties,
            publication.Body
        );
    }

    // The broker takes this header out before it delivers, so that no receiver learns of the others.
    private static BasicProperties WithCopies(BasicProperties properties, string[] copies) =>
        new(properties) { Headers = new Dictionary<string, object?> { ["BCC"] = copies } };

    private static BasicProperties PropertiesFor(TimeSpan? timeToLive) =>
        new()
        {
            ContentType = "application/json",
            Expiration = timeToLive is { } limit
                ? ((long)limit.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)
                : null,
        };

    private Task OnAckAsync(object sender, BasicAckEventArgs confirm)
    {
        unconfirmed.Settle(confirm.DeliveryTag, confirm.Multiple, PublishOutcome.Queued);
        return Task.CompletedTask;
    }

    private Task OnNackAsync(object sender, BasicNackEventArgs confirm)
    {
        unconfirmed.Settle(confirm.DeliveryTag, confirm.Multiple, PublishOutcome.Overloaded);
        return Task.CompletedTask;
    }

    // The broker returns a message before it confirms it, so the outcome is there when the confirm comes.
    private Task OnReturnAsync(object sender, BasicReturnEventArgs returned)
    {
        unconfirmed.MarkReturned(returned.RoutingKey, returned.Body.Span);
        return Task.CompletedTask;
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        End();
        return Task.CompletedTask;
    }

    private void End()
    {
        waiting.Writer.TryComplete();
        ended.TrySetResult();
        unconfirmed.SettleAll(PublishOutcome.Unknown);

        while (waiting.Reader.TryRead(out var publication))
        {
            publication.TrySettle(PublishOutcome.Unknown);
            publication.Release();
        }
    }
}
