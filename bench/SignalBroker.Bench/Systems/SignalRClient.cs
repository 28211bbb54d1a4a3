using System.Buffers.Text;
using System.Text;
using SignalBroker.Bench.Wire;

namespace SignalBroker.Bench.Systems;

/// <summary>Speaks SignalR's JSON hub protocol, WebSocket only and without negotiating.</summary>
public sealed class SignalRClient(Arrivals arrivals, string userId) : PeerClient(arrivals, userId)
{
    private const byte EndOfRecord = 0x1e;

    private static readonly byte[] Handshake = "{\"protocol\":\"json\",\"version\":1}\u001e"u8.ToArray();
    private static readonly byte[] Ping = "{\"type\":6}\u001e"u8.ToArray();
    private bool shookHands;
    private int asked;

    protected override string PathAndQuery => "/relay";

    public override ValueTask<bool> SendAsync(IClient to, Signal signal)
    {
        Begin()
            .Add("{\"type\":1,\"invocationId\":\""u8)
            .Add(++asked)
            .Add("\",\"target\":\"Relay\",\"arguments\":[\""u8)
            .Add(to.Address)
            .Add("\","u8)
            .Add(signal.Content.Span)
            .Add("]}\u001e"u8);
        return RequestAsync();
    }

    public override void SendHeartbeat() => Write(Ping);

    protected override void SendFirst() => Write(Handshake);

    protected override void Receive(ReadOnlySpan<byte> message)
    {
        // One message may hold several records.
        for (var end = message.IndexOf(EndOfRecord); end >= 0; end = message.IndexOf(EndOfRecord))
        {
            ReceiveRecord(message[..end]);
            message = message[(end + 1)..];
        }
    }

    private void ReceiveRecord(ReadOnlySpan<byte> record)
    {
        var completion = "{\"type\":3,\"invocationId\":\""u8;
        if (record.StartsWith("{\"type\":1,"u8))
        {
            Arrived(record);
        }
        else if (record.StartsWith(completion))
        {
            var isNumber = Utf8Parser.TryParse(record[completion.Length..], out int number, out _);
            if (number == 0)
            {
                SetListening();
            }
            else if (isNumber && number == asked)
            {
                Answered(record.IndexOf("\"error\""u8) < 0);
            }
        }
        else if (!shookHands && record.SequenceEqual("{}"u8))
        {
            shookHands = true;
            Write(
                Encoding.ASCII.GetBytes(
                    $$"""{"type":1,"invocationId":"0","target":"Listen","arguments":["{{Address}}"]}""" + "\u001e"
                )
            );
        }
        else if (!record.SequenceEqual("{\"type\":6}"u8))
        {
            SetRefused(Encoding.UTF8.GetString(record));
        }
    }
}
