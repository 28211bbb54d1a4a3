using System.Buffers.Text;
using System.Text;
using SignalBroker.Bench.Wire;

namespace SignalBroker.Bench.Systems;

/// <summary>Speaks Socket.IO's protocol 5 on Engine.IO's 4, WebSocket only.</summary>
public sealed class SocketIoClient(Arrivals arrivals, string userId) : PeerClient(arrivals, userId)
{
    private static readonly byte[] Pong = "3"u8.ToArray();
    private int asked;

    protected override string PathAndQuery => "/socket.io/?EIO=4&transport=websocket";

    public override ValueTask<bool> SendAsync(IClient to, Signal signal)
    {
        Begin()
            .Add("42"u8)
            .Add(++asked)
            .Add("[\"signal\",\""u8)
            .Add(to.Address)
            .Add("\","u8)
            .Add(signal.Content.Span)
            .Add("]"u8);
        return RequestAsync();
    }

    public override void SendHeartbeat() { }

    protected override void Receive(ReadOnlySpan<byte> message)
    {
        if (message.StartsWith("42["u8))
        {
            Arrived(message);
        }
        else if (message.StartsWith("43"u8))
        {
            if (Utf8Parser.TryParse(message[2..], out int number, out _) && number == asked)
            {
                Answered(accepted: true);
            }
        }
        else if (message.SequenceEqual("2"u8))
        {
            Write(Pong);
        }
        else if (message.StartsWith("0"u8))
        {
            Write(Encoding.ASCII.GetBytes($$"""40{"userId":"{{Address}}"}"""));
        }
        else if (message.StartsWith("40"u8))
        {
            SetListening();
        }
        else
        {
            SetRefused(Encoding.UTF8.GetString(message));
        }
    }
}
