using System.Buffers;
using System.Net.WebSockets;
using System.Text;
using System.Threading.Channels;
using MQTTnet;
using MQTTnet.Exceptions;
using MQTTnet.Formatter;
using MQTTnet.Protocol;

namespace SignalBroker.Tests.Harness;

/// <summary>An MQTT socket of a public client library, which says whatever a test wants it to say.</summary>
public sealed class MqttSocket : IListenerSocket
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(60);
    private static readonly MqttClientFactory Factory = new();

    private readonly IMqttClient client = Factory.CreateMqttClient();
    private readonly Channel<string> envelopes = Channel.CreateUnbounded<string>();
    private readonly TaskCompletionSource closed = new(TaskCreationOptions.RunContinuationsAsynchronously);

    private MqttSocket()
    {
        client.ApplicationMessageReceivedAsync += received =>
        {
            var text = Encoding.UTF8.GetString(received.ApplicationMessage.Payload.ToArray());
            lock (Transcript)
            {
                Transcript.Append(text);
            }

            envelopes.Writer.TryWrite(text);
            return Task.CompletedTask;
        };
        client.DisconnectedAsync += _ =>
        {
            End();
            return Task.CompletedTask;
        };
    }

    public Task Closed => closed.Task;

    public StringBuilder Transcript { get; } = new();

    /// <summary>Logs in as the session.</summary>
    /// <param name="configure">Changes what an honest client would send.</param>
    /// <param name="withoutWebSocket">Where it is opened without a WebSocket; null for the one that the session offers.</param>
    /// <returns>Null if the node has refused it.</returns>
    public static async Task<MqttSocket?> OpenAsync(
        ConnectedSession session,
        Action<MqttClientOptionsBuilder>? configure = null,
        Uri? withoutWebSocket = null
    )
    {
        var options = Factory.CreateClientOptionsBuilder();
        options = withoutWebSocket is { Host: var host, Port: var port }
            ? options.WithTcpServer(host, port)
            : options.WithWebSocketServer(server => server.WithUri(OfferOf(session).Address));
        options
            .WithProtocolVersion(MqttProtocolVersion.V500)
            .WithClientId(session.ListeningKey)
            .WithCredentials(session.ListeningKey, session.Passcode)
            .WithCleanStart()
            .WithTimeout(Patience);
        configure?.Invoke(options);
        var socket = new MqttSocket();
        try
        {
            if ((await socket.client.ConnectAsync(options.Build())).ResultCode == MqttClientConnectResultCode.Success)
            {
                return socket;
            }
        }
        catch (MqttCommunicationException)
        {
            // Closed without an answer.
        }

        await socket.DisposeAsync();
        return null;
    }

    /// <summary>What the session's node offers by MQTT.</summary>
    public static Offer OfferOf(ConnectedSession session) =>
        session.Listening.Single(offer => offer.Protocol == "mqtt");

    /// <summary>Subscribes, and says whether the node let it.</summary>
    public async Task<bool> SubscribeAsync(
        string filter,
        MqttQualityOfServiceLevel quality = MqttQualityOfServiceLevel.AtMostOnce
    )
    {
        try
        {
            var answer = await client.SubscribeAsync(filter, quality);
            return answer.Items.All(item => (int)item.ResultCode < 0x80);
        }
        catch (MqttCommunicationException)
        {
            return false;
        }
    }

    /// <summary>Publishes, and says whether the node let it.</summary>
    public async Task<bool> PublishAsync(
        string topic,
        string body,
        Action<MqttApplicationMessageBuilder>? configure = null
    )
    {
        var message = new MqttApplicationMessageBuilder()
            .WithTopic(topic)
            .WithPayload(body)
            .WithQualityOfServiceLevel(MqttQualityOfServiceLevel.AtLeastOnce);
        configure?.Invoke(message);
        try
        {
            return (await client.PublishAsync(message.Build())).IsSuccess;
        }
        catch (Exception refused) when (refused is MqttCommunicationException or OperationCanceledException)
        {
            return false;
        }
    }

    public async Task<string?> ReceiveAsync(TimeSpan? patience = null)
    {
        using var timeout = new CancellationTokenSource(patience ?? Patience);
        return await envelopes.Reader.WaitToReadAsync(timeout.Token) && envelopes.Reader.TryRead(out var envelope)
            ? envelope
            : null;
    }

    public IReadOnlyList<string> ArrivedEnvelopes()
    {
        var arrived = new List<string>();
        while (envelopes.Reader.TryRead(out var envelope))
        {
            arrived.Add(envelope);
        }

        return arrived;
    }

    public async Task SendSignalAsync(ConnectedSession session, string body)
    {
        if (!await PublishAsync(OfferOf(session).Send!, body))
        {
            throw new WebSocketException("The node has closed the socket instead of taking the signal.");
        }
    }

    public void Abort()
    {
        client.Dispose();
        End();
    }

    public ValueTask DisposeAsync()
    {
        Abort();
        return ValueTask.CompletedTask;
    }

    private void End()
    {
        envelopes.Writer.TryComplete();
        closed.TrySetResult();
    }
}
