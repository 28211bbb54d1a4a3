using System.Threading.Channels;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using SignalBroker.Bench.Wire;

namespace SignalBroker.Bench.Systems;

/// <summary>Publishes on one AMQP channel, as fast as a program can: pipelined, each publish confirmed.</summary>
public sealed class AmqpPublisher : IAsyncDisposable
{
    private const int Slots = 1 << 12;

    // The nodes' configuration names it, and webapps declare it: subscriptions by MQTT are bound to it.
    private const string MqttExchange = "signals.mqtt";

    private static readonly BasicProperties Properties = new();

    private readonly IConnection connection;
    private readonly IChannel channel;
    private readonly Channel<Publish> waiting = Channel.CreateUnbounded<Publish>(
        new UnboundedChannelOptions { SingleReader = true }
    );
    private readonly Answer?[] unconfirmed = new Answer?[Slots];
    private readonly Task publishing;
    private ulong published;
    private ulong confirmed;

    private AmqpPublisher(IConnection connection, IChannel channel)
    {
        (this.connection, this.channel) = (connection, channel);
        channel.BasicAcksAsync += (_, ack) => ConfirmAsync(ack.DeliveryTag, ack.Multiple, accepted: true);
        channel.BasicNacksAsync += (_, nack) => ConfirmAsync(nack.DeliveryTag, nack.Multiple, accepted: false);
        channel.BasicReturnAsync += (_, _) => Task.CompletedTask;
        publishing = PublishAsync();
    }

    /// <summary>Opens the connection and the channel, and declares what listeners need.</summary>
    public static async Task<AmqpPublisher> OpenAsync(Uri broker, CancellationToken cancellationToken)
    {
        var factory = new ConnectionFactory { Uri = broker, AutomaticRecoveryEnabled = false };
        var opened = await factory.CreateConnectionAsync(cancellationToken);
        var confirming = await opened.CreateChannelAsync(
            new CreateChannelOptions(publisherConfirmationsEnabled: true, publisherConfirmationTrackingEnabled: false),
            cancellationToken
        );
        await confirming.ExchangeDeclareAsync(
            MqttExchange,
            ExchangeType.Direct,
            durable: true,
            cancellationToken: cancellationToken
        );
        return new(opened, confirming);
    }

    /// <summary>Publishes to a queue and waits for the broker's confirm.</summary>
    public ValueTask<bool> PublishAsync(string queue, ReadOnlyMemory<byte> body, Answer confirm)
    {
        var answered = confirm.WaitAsync();
        if (!waiting.Writer.TryWrite(new(queue, body, confirm)))
        {
            confirm.Complete(accepted: false);
        }

        return answered;
    }

    public async ValueTask DisposeAsync()
    {
        waiting.Writer.TryComplete();
        await publishing;
        await channel.DisposeAsync();
        await connection.DisposeAsync();
    }

    // The only one that publishes: the library allows no two at once.
    private async Task PublishAsync()
    {
        await foreach (var publish in waiting.Reader.ReadAllAsync())
        {
            unconfirmed[++published % Slots] = publish.Confirm;
            try
            {
                await channel.BasicPublishAsync("", publish.Queue, mandatory: true, Properties, publish.Body);
            }
            catch (Exception failure)
                when (failure is RabbitMQ.Client.Exceptions.RabbitMQClientException or IOException)
            {
                publish.Confirm.Complete(accepted: false);
            }
        }
    }

    // Called by one reader, in turn. A single confirm may come before those of earlier publishes.
    private Task ConfirmAsync(ulong tag, bool multiple, bool accepted)
    {
        if (!multiple)
        {
            Complete(tag, accepted);
            return Task.CompletedTask;
        }

        // Far fewer than half of the slots wait at any time, so what lies further back has its confirm.
        confirmed = Math.Max(confirmed, tag - Math.Min(tag, Slots / 2));
        while (confirmed < tag)
        {
            Complete(++confirmed, accepted);
        }

        return Task.CompletedTask;
    }

    private void Complete(ulong tag, bool accepted) =>
        Interlocked.Exchange(ref unconfirmed[tag % Slots], null)?.Complete(accepted);

    private readonly record struct Publish(string Queue, ReadOnlyMemory<byte> Body, Answer Confirm);
}
