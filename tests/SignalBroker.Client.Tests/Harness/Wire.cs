using System.Text;
using System.Threading.Channels;
using SignalBroker.Client.Http;
using SignalBroker.Client.Listening;

namespace SignalBroker.Client.Tests.Harness;

/// <summary>A connection to a node, which a test plays.</summary>
internal sealed class Wire(TimeProvider time, EnvelopeReceived? received = null)
    : Listener(time, received ?? (_ => ValueTask.CompletedTask))
{
    private readonly Channel<string> arriving = Channel.CreateUnbounded<string>();

    public override ListensBy By => ListensBy.WebSocket;

    /// <summary>How often something was sent through it.</summary>
    public int Sent { get; private set; }

    /// <summary>Why it has ended; null while it listens.</summary>
    public Interruption? Ended => Reason;

    protected override string OtherSide => "node";

    /// <summary>Brings envelopes, in this order.</summary>
    public void Bring(params IEnumerable<string> envelopes)
    {
        foreach (var envelope in envelopes)
        {
            arriving.Writer.TryWrite(envelope);
        }
    }

    /// <summary>Is lost after what it has brought.</summary>
    public void Cut() => arriving.Writer.Complete(new IOException("Cut."));

    public override Task SendAsync(ReadOnlyMemory<byte> body, CancellationToken cancellationToken)
    {
        Sent++;
        return Task.CompletedTask;
    }

    protected override Task BeginAsync(OpenSession session, CancellationToken cancellationToken) => Task.CompletedTask;

    protected override async ValueTask<bool> ReceiveAsync(CancellationToken cancellationToken)
    {
        HandOn(Encoding.UTF8.GetBytes(await arriving.Reader.ReadAsync(Ending)));
        await HoldUpAsync();
        return Reason is null;
    }

    protected override void Break() { }
}
