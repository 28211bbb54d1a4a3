using RabbitMQ.Client;
using RabbitMQ.Client.Events;
using RabbitMQ.Client.Exceptions;
using SignalBroker.Nodes;

namespace SignalBroker.Broker;

/// <summary>How an attempt to log in as a session ended.</summary>
internal abstract record SessionLogin
{
    /// <summary>The session is logged in, and its queue exists.</summary>
    public sealed record Accepted(SessionConnection Connection) : SessionLogin;

    /// <summary>The node has not let the session in.</summary>
    public sealed record Refused : SessionLogin;

    /// <summary>The node can't be reached or did not answer in time.</summary>
    public sealed record NodeAway(string Reason) : SessionLogin;
}

/// <summary>A session's own AMQP connection, which listens in the browser's place.</summary>
/// <remarks>
/// It logs in with the session's key and passcode, so that the node asks, tells and closes just as it does for the
/// session's Web-STOMP socket.
/// </remarks>
internal sealed class SessionConnection : IAsyncDisposable
{
    // What a slow reader has not taken stays in its queue, whose bounds then hold.
    private const ushort Prefetch = 16;

    // So long what was received before the connection's end may take to be handled.
    private static readonly TimeSpan LastWords = TimeSpan.FromSeconds(2);

    private readonly IConnection connection;
    private readonly IChannel channel;
    private readonly string queue;
    private readonly TaskCompletionSource ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private SessionConnection(IConnection connection, IChannel channel, string listeningKey)
    {
        (this.connection, this.channel, queue) = (
            connection,
            channel,
            Topology.QueueOf(listeningKey, ListeningProtocol.Sse)
        );
        connection.ConnectionShutdownAsync += OnShutdownAsync;
        channel.ChannelShutdownAsync += OnShutdownAsync;
        if (!channel.IsOpen)
        {
            ended.TrySetResult();
        }
    }

    /// <summary>Ends when nothing is received any more, for whichever reason.</summary>
    public Task Ended => ended.Task;

    /// <summary>Logs in and declares the session's queue.</summary>
    public static async Task<SessionLogin> OpenAsync(
        Node node,
        string listeningKey,
        string passcode,
        CancellationToken cancellationToken
    )
    {
        IConnection? opened = null;
        try
        {
            opened = await BrokerConnection.OpenAsync(node, "listener", listeningKey, passcode, cancellationToken);
            var open = await opened.CreateChannelAsync(cancellationToken: cancellationToken);
            await Topology.DeclareSessionQueueAsync(open, listeningKey, cancellationToken);
            await open.BasicQosAsync(0, Prefetch, global: false, cancellationToken);
            return new SessionLogin.Accepted(new(opened, open, listeningKey));
        }
        catch (Exception failure)
        {
            if (opened is not null)
            {
                await BrokerConnection.AbandonAsync(opened);
            }

            cancellationToken.ThrowIfCancellationRequested();
            return IsRefusal(failure) ? new SessionLogin.Refused() : new SessionLogin.NodeAway(failure.Message);
        }
    }

    /// <summary>Begins to receive; what has been handled is settled, and what can't be handled ends it.</summary>
    /// <param name="receive">Takes one message, which is valid until it returns; called for one after the other.</param>
    public Task ConsumeAsync(Func<ReadOnlyMemory<byte>, Task> receive, CancellationToken cancellationToken)
    {
        var consumer = new AsyncEventingBasicConsumer(channel);
        consumer.UnregisteredAsync += (_, _) => EndAsync();
        // It hears of the end behind all that was received before: the last words to a replaced session must get out.
        consumer.ShutdownAsync += (_, _) => EndAsync();
        consumer.ReceivedAsync += async (_, delivery) =>
        {
            try
            {
                await receive(delivery.Body);
                await channel.BasicAckAsync(delivery.DeliveryTag, multiple: false, CancellationToken.None);
            }
            catch (Exception)
            {
                await EndAsync();
            }
        };
        return channel.BasicConsumeAsync(queue, autoAck: false, consumer, cancellationToken);
    }

    public async ValueTask DisposeAsync() => await BrokerConnection.AbandonAsync(connection);

    private static bool IsRefusal(Exception failure) =>
        failure
            is BrokerUnreachableException
            {
                InnerException: AuthenticationFailureException or PossibleAuthenticationFailureException
            };

    private Task OnShutdownAsync(object sender, ShutdownEventArgs reason)
    {
        // Not awaited: the library would wait for it with telling the consumer.
        _ = EndAtLastAsync();
        return Task.CompletedTask;
    }

    private async Task EndAtLastAsync()
    {
        await Task.WhenAny(ended.Task, Task.Delay(LastWords, TimeProvider.System));
        await EndAsync();
    }

    private Task EndAsync()
    {
        ended.TrySetResult();
        return Task.CompletedTask;
    }
}
