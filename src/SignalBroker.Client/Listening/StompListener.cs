using System.Buffers;
using System.Buffers.Text;
using System.Net.WebSockets;
using System.Text;
using SignalBroker.Client.Http;
using SignalBroker.Client.Stomp;

namespace SignalBroker.Client.Listening;

/// <summary>Listens by STOMP 1.2: SUBSCRIBE to the session's own queue.</summary>
internal sealed class StompListener : SocketListener
{
    private const int MaxBeat = 60;

    private static readonly byte[] LineEnd = "\n"u8.ToArray();

    private readonly StompFrames frames = new();
    private readonly StompFrames.Handler handle;
    private string? expected;
    private string key = "";

    public StompListener(HttpMessageInvoker http, SignalBrokerClientOptions options, EnvelopeReceived received)
        : base(http, options, received) => handle = Handle;

    public override SocketProtocol? Protocol => SocketProtocol.Stomp;

    protected override string SubProtocol => "v12.stomp";

    protected override WebSocketMessageType MessageType => WebSocketMessageType.Text;

    protected override ReadOnlyMemory<byte> Beating => LineEnd;

    protected override string AddressOf(OpenSession session) => session.Info.ListeningAddress;

    protected override async Task LogInAsync(OpenSession session, CancellationToken cancellationToken)
    {
        key = session.Info.ListeningKey;
        var ours = (int)HeartBeat.TotalMilliseconds;
        await AskAsync(
            "CONNECTED",
            $"CONNECT\naccept-version:1.2\nhost:/\nheart-beat:{ours},{ours}\nlogin:{key}\npasscode:{session.Passcode}\n\n\0",
            cancellationToken
        );
        await AskAsync(
            "RECEIPT",
            $"SUBSCRIBE\nid:0\ndestination:/queue/{key}\nack:auto\nexclusive:true\nauto-delete:true\ndurable:false\nreceipt:0\n\n\0",
            cancellationToken
        );
        BeatEvery = Math.Clamp(BeatEvery, (int)HeartBeat.TotalSeconds, MaxBeat);
        MaxSilence = MaxSilence > TimeSpan.Zero && MaxSilence < 2 * HeartBeat ? 2 * HeartBeat : MaxSilence;
        expected = null;
    }

    protected override void Take(ReadOnlyMemory<byte> arrived) => frames.Add(arrived, handle);

    protected override ArraySegment<byte> Frame(ReadOnlySpan<byte> body)
    {
        // The node checks the user id, which proves the sender to the webapp.
        var head = $"SEND\ndestination:/exchange/signals/{key}\nuser-id:{key}\ncontent-length:{body.Length}\n\n";
        var frame = ArrayPool<byte>.Shared.Rent(head.Length + body.Length + 1);
        var length = Encoding.ASCII.GetBytes(head, frame);
        body.CopyTo(frame.AsSpan(length));
        length += body.Length;
        frame[length++] = 0;
        return new(frame, 0, length);
    }

    private Task AskAsync(string answer, string frame, CancellationToken cancellationToken)
    {
        expected = answer;
        return AskAsync(Encoding.ASCII.GetBytes(frame), cancellationToken);
    }

    private void Handle(StompFrame frame)
    {
        if (frame.Command.SequenceEqual("MESSAGE"u8))
        {
            HandOn(frame.Body);
        }
        else if (frame.Command.SequenceEqual("ERROR"u8))
        {
            Reached();
            Lose($"The node refused: {Encoding.UTF8.GetString(frame["message"u8])}.");
        }
        else
        {
            if (frame.Command.SequenceEqual("CONNECTED"u8))
            {
                Reached();
                Agree(frame["heart-beat"u8]);
            }

            if (expected is not null && Ascii.Equals(frame.Command, expected))
            {
                Answered();
            }
        }
    }

    // STOMP 1.2, "Heart-beating": "<what the node can promise>,<what it wants>" in milliseconds; 0 for none.
    private void Agree(ReadOnlySpan<byte> nodes)
    {
        if (
            Utf8Parser.TryParse(nodes, out int promised, out var digits)
            && nodes.Length > digits
            && Utf8Parser.TryParse(nodes[(digits + 1)..], out int wanted, out _)
        )
        {
            MaxSilence = 2 * TimeSpan.FromMilliseconds(promised);
            BeatEvery = wanted / 1000;
        }
    }
}
