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
public sealed class ConfirmedChannel : IAsyncDisposable
{
    private static readonly TimeSpan FarewellTime = TimeSpan.FromSeconds(2);

    private readonly IChannel channel;
    private readonly TimeProvider clock;
    private readonly TimeSpan confirmTimeout;
    private readonly Channel<Publication> waiting;
    private readonly ConcurrentQueue<Publication> byAge = new();
    private readonly ConcurrentDictionary<ulong, Publication> unconfirmed = new();
    private readonly ConcurrentDictionary<string, Publication> byMessageId = new();
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Task writing;
    private ulong lastTag;
    private ulong firstUnconfirmed = 1;

    private ConfirmedChannel(IChannel channel, BrokerOptions options, TimeProvider clock)
    {
        this.channel = channel;
        this.clock = clock;
        confirmTimeout = options.ConfirmTimeout;
        waiting = Channel.CreateBounded<Publication>(new BoundedChannelOptions(options.MaxWaiting));
        channel.BasicAcksAsync += OnAckAsync;
        channel.BasicNacksAsync += OnNackAsync;
        channel.BasicReturnAsync += OnReturnAsync;
        channel.ChannelShutdownAsync += OnShutdownAsync;
        writing = Task.Run(WriteAsync);
    }

    /// <summary>Opens a channel in confirm mode.</summary>
    public static async Task<ConfirmedChannel> OpenAsync(
        IConnection connection,
        BrokerOptions options,
        TimeProvider clock,
        CancellationToken cancellationToken
    )
    {
        var opened = await connection.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false),
            cancellationToken
        );
        return new(opened, options, clock);
    }

    /// <summary>Ends when nothing can be published any more, for whichever reason.</summary>
    public Task Ended => ended.Task;

    /// <summary>Publishes to the queue of this name; never throws.</summary>
    /// <param name="queue">The queue's name, which the default exchange takes for the routing key.</param>
    /// <param name="body">What is delivered; it must not change before the outcome is there.</param>
    /// <param name="timeToLive">How long the message may wait in the queue; null for the queue's own limit.</param>
    /// <param name="mandatory">Whether the broker says when there is no such queue.</param>
    public Task<PublishOutcome> PublishAsync(
        string queue,
        ReadOnlyMemory<byte> body,
        TimeSpan? timeToLive,
        bool mandatory
    )
    {
        var publication = new Publication(queue, body, timeToLive, mandatory, clock.GetTimestamp());
        if (waiting.Writer.TryWrite(publication))
        {
            byAge.Enqueue(publication);
        }
        else
        {
            publication.TrySetResult(channel.IsOpen ? PublishOutcome.Overloaded : PublishOutcome.Unknown);
        }

        return publication.Task;
    }

    /// <summary>
    /// Gives the outcome <see cref="PublishOutcome.Unknown"/> to whatever waits for too long. One caller at a time.
    /// </summary>
    public void GiveUpOverdue()
    {
        while (byAge.TryPeek(out var oldest) && (oldest.Task.IsCompleted || IsOverdue(oldest)))
        {
            oldest.TrySetResult(PublishOutcome.Unknown);
            byAge.TryDequeue(out _);
        }
    }

    /// <inheritdoc />
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
        if (publication.Task.IsCompleted)
        {
            // Its sender has been told that the outcome is unknown; it is not delivered behind their back.
            return;
        }

        var tag = ++lastTag;
        var properties = new BasicProperties { ContentType = "application/json" };
        if (publication.Mandatory)
        {
            // A returned message carries no delivery tag. A random id finds its publish again and, unlike a
            // counter, tells listeners nothing about the traffic.
            properties.MessageId = publication.MessageId;
            byMessageId[publication.MessageId] = publication;
        }

        if (publication.TimeToLive is { } timeToLive)
        {
            properties.Expiration = ((long)timeToLive.TotalMilliseconds).ToString(CultureInfo.InvariantCulture);
        }

        unconfirmed[tag] = publication;
        await channel.BasicPublishAsync(
            exchange: "",
            publication.Queue,
            publication.Mandatory,
            properties,
            publication.Body
        );
    }

    private Task OnAckAsync(object sender, BasicAckEventArgs confirm)
    {
        Settle(confirm.DeliveryTag, confirm.Multiple, PublishOutcome.Queued);
        return Task.CompletedTask;
    }

    private Task OnNackAsync(object sender, BasicNackEventArgs confirm)
    {
        Settle(confirm.DeliveryTag, confirm.Multiple, PublishOutcome.Overloaded);
        return Task.CompletedTask;
    }

    // The broker returns a message before it confirms it, so the outcome is there when the confirm comes.
    private Task OnReturnAsync(object sender, BasicReturnEventArgs returned)
    {
        if (
            returned.BasicProperties.MessageId is { } messageId
            && byMessageId.TryGetValue(messageId, out var publication)
        )
        {
            publication.Returned = true;
        }

        return Task.CompletedTask;
    }

    private Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        End();
        return Task.CompletedTask;
    }

    private void Settle(ulong tag, bool multiple, PublishOutcome outcome)
    {
        // Only the connection's reading loop comes here, so the lower end needs no lock.
        for (; multiple && firstUnconfirmed < tag; firstUnconfirmed++)
        {
            Settle(firstUnconfirmed, outcome);
        }

        Settle(tag, outcome);
    }

    private void Settle(ulong tag, PublishOutcome outcome)
    {
        if (unconfirmed.TryRemove(tag, out var publication))
        {
            if (publication.Mandatory)
            {
                byMessageId.TryRemove(publication.MessageId, out _);
            }

            publication.TrySetResult(publication.Returned ? PublishOutcome.NotListening : outcome);
            publication.Body = default;
        }
    }

    private void End()
    {
        waiting.Writer.TryComplete();
        ended.TrySetResult();
        foreach (var tag in unconfirmed.Keys)
        {
            Settle(tag, PublishOutcome.Unknown);
        }

        while (waiting.Reader.TryRead(out var publication))
        {
            publication.TrySetResult(PublishOutcome.Unknown);
        }
    }

    private sealed class Publication(
        string queue,
        ReadOnlyMemory<byte> body,
        TimeSpan? timeToLive,
        bool mandatory,
        long since
    ) : TaskCompletionSource<PublishOutcome>(TaskCreationOptions.RunContinuationsAsynchronously)
    {
        private string? messageId;

        public string Queue { get; } = queue;
        public ReadOnlyMemory<byte> Body { get; set; } = body;
        public TimeSpan? TimeToLive { get; } = timeToLive;
        public bool Mandatory { get; } = mandatory;
        public long Since { get; } = since;
        public string MessageId => messageId ??= Random.Shared.NextInt64().ToString("x", CultureInfo.InvariantCulture);
        public bool Returned { get; set; }
    }
}
