using System.Buffers;
using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using SignalBroker.Nodes;
using SignalBroker.Signals;

namespace SignalBroker.Broker;

/// <summary>A signal that came through a socket, as it arrives at a webapp.</summary>
/// <param name="Sender">The session that is said to have sent it.</param>
/// <param name="Waited">Whether it had to wait for a webapp.</param>
/// <param name="Crowds">Whether as many of its sender's are unsettled as half of those that may still come from others.</param>
internal readonly record struct SocketSignal(
    SocketSender Sender,
    SenderProof Proof,
    int Size,
    bool Waited,
    bool Crowds
);

/// <summary>What is to be done with a signal.</summary>
/// <param name="DoAsync">Takes its body, which is valid until it returns; it must not throw.</param>
/// <param name="AtOnce">Whether it does not wait for what its sender has sent before.</param>
internal readonly record struct SocketWork(Func<ReadOnlyMemory<byte>, Task> DoAsync, bool AtOnce = false);

/// <summary>Consumes what the sessions of one node send through their sockets, on a connection that is opened again whenever it breaks.</summary>
/// <remarks>
/// Each sender's signals are handled one after the other, those of different senders at the same time. What is under
/// way when the webapp dies or loses the node is handled again by another webapp: nothing is lost, and whatever comes
/// twice bears the same id.
/// </remarks>
/// <param name="untilReady">Waits until this webapp can handle them; until then they are another one's.</param>
/// <param name="judge">Takes a signal as it arrives, and returns what is to be done with it; null to drop it. It must not throw.</param>
internal sealed class SocketSignals(
    Node node,
    Func<CancellationToken, Task> untilReady,
    Func<SocketSignal, SocketWork?> judge,
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
        var (turns, atOnce, unsettled) = (new Turns(), new Turns(), new Unsettled(Prefetch));
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.UnregisteredAsync += (_, _) => LoseAsync("the consumer was cancelled");
        ulong? waited = null;
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            var tag = delivery.DeliveryTag;
            var body = PooledBuffer.Rent(delivery.Body.Length);
            body.Write(delivery.Body.Span);
            // The first comes when this webapp's turn has come, and behind it is what nobody has consumed until then.
            waited ??= Prefetch + await channel.MessageCountAsync(Topology.SignalsQueue, cancellationToken);
            var (from, proof) = SenderProof.Of(node, delivery.Exchange, delivery.RoutingKey, delivery.BasicProperties);
            var sender = from.ListeningKey;
            var crowds = unsettled.Crowds(sender);
            if (judge(new(from, proof, body.Written.Length, tag <= waited, crowds)) is not { } work)
            {
                body.Dispose();
                await SettleAsync(channel, tag);
                return;
            }

            unsettled.Add(sender);
            (work.AtOnce ? atOnce : turns).Add(
                sender,
                async () =>
                {
                    await HandleAsync(channel, tag, work.DoAsync, body, leaving.Token);
                    unsettled.Remove(sender);
                }
            );
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
            await Task.WhenAll(turns.DoneAsync(), atOnce.DoneAsync());
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
