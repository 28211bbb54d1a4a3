using System.Buffers;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using SignalBroker.Http;
using SignalBroker.Nodes;

namespace SignalBroker.Broker;

/// <summary>Consumes what the sessions of one node send through their sockets, on a connection that is opened again whenever it breaks.</summary>
/// <remarks>
/// Each sender's signals are handled one after the other, those of different senders at the same time. What is under
/// way when the webapp dies or loses the node is handled again by another webapp: nothing is lost, and whatever comes
/// twice bears the same id.
/// </remarks>
/// <param name="node">The node.</param>
/// <param name="untilReady">Waits until this webapp can handle them; until then they are another one's.</param>
/// <param name="judge">
/// Takes a sender's listening key and a body's size as a signal arrives. It returns what takes the body, which is valid
/// until it returns, in its turn; null to drop the signal. Neither may throw.
/// </param>
/// <param name="logger">Hears of lost connections.</param>
public sealed class SocketSignals(
    Node node,
    Func<CancellationToken, Task> untilReady,
    Func<string, int, Func<ReadOnlyMemory<byte>, Task>?> judge,
    ILogger logger
)
{
    // Enough to keep a webapp busy. A node lets messages of 128 KiB through, so they are 32 MiB at the most.
    private const ushort Prefetch = 256;

    /// <summary>Consumes until cancelled; when it returns, what it had begun is done.</summary>
    public Task RunAsync(CancellationToken cancellationToken) =>
        BrokerConnection.KeepAsync(node, "signals", ConsumeAsync, logger, cancellationToken);

    private async Task ConsumeAsync(IConnection connection, CancellationToken cancellationToken)
    {
        await using var channel = await connection.CreateChannelAsync(cancellationToken: cancellationToken);
        await Topology.DeclareSignalsAsync(channel, cancellationToken);
        await channel.BasicQosAsync(0, Prefetch, global: false, cancellationToken);

        await untilReady(cancellationToken);

        using var leaving = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        var lost = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        connection.ConnectionShutdownAsync += (_, reason) => LoseAsync(reason.ReplyText);
        channel.ChannelShutdownAsync += (_, reason) => LoseAsync(reason.ReplyText);
        var turns = new Turns();
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.UnregisteredAsync += (_, _) => LoseAsync("the consumer was cancelled");
        consumer.ReceivedAsync += (_, delivery) =>
        {
            var (sender, tag) = (delivery.RoutingKey, delivery.DeliveryTag);
            if (judge(sender, delivery.Body.Length) is not { } handle)
            {
                return SettleAsync(channel, tag);
            }

            var body = PooledBuffer.Rent(delivery.Body.Length);
            body.Write(delivery.Body.Span);
            turns.Add(sender, () => HandleAsync(channel, tag, handle, body, leaving.Token));
            return Task.CompletedTask;
        };
        await channel.BasicConsumeAsync(Topology.SignalsQueue, autoAck: false, consumer, cancellationToken);
        try
        {
            await lost.Task.WaitAsync(cancellationToken);
        }
        finally
        {
            // The channel, and with it the place of the active consumer, is left only when nothing is under way any
            // more: otherwise the next webapp might overtake this one.
            await leaving.CancelAsync();
            await turns.DoneAsync();
        }

        Task LoseAsync(string reason)
        {
            lost.TrySetException(new IOException(reason));
            return Task.CompletedTask;
        }
    }

    private static async Task HandleAsync(
        IChannel channel,
        ulong tag,
        Func<ReadOnlyMemory<byte>, Task> handle,
        PooledBuffer body,
        CancellationToken leaving
    )
    {
        using (body)
        {
            if (leaving.IsCancellationRequested)
            {
                // Not settled, so the next webapp gets it.
                return;
            }

            await handle(body.Written);
            await SettleAsync(channel, tag);
        }
    }

    private static async Task SettleAsync(IChannel channel, ulong tag)
    {
        try
        {
            await channel.BasicAckAsync(tag, multiple: false, CancellationToken.None);
        }
        catch (Exception)
        {
            // The connection is lost: it comes again, and its receivers know it by its id.
        }
    }
}
