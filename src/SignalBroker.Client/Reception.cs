using System.Runtime.CompilerServices;
using System.Threading.Channels;
using SignalBroker.Client.Listening;
using SignalBroker.Client.Sending;

namespace SignalBroker.Client;

/// <summary>Sorts what arrives, and queues signals until they are read.</summary>
internal sealed class Reception(SignalBrokerClient client, SignalBrokerClientOptions options)
{
    private readonly Duplicates duplicates = new();
    private readonly Channel<Signal> signals = Channel.CreateBounded<Signal>(
        new BoundedChannelOptions(options.MaxUnreadSignals)
    );

    /// <summary>An inbox whose signals go into the same queue.</summary>
    public ClientInbox NewInbox(InboxCalls calls, string? userId) =>
        new(calls, signals.Writer, duplicates, options, userId);

    public async ValueTask ReceiveAsync(ReadOnlyMemory<byte> envelope)
    {
        if (IsDealtWith(envelope))
        {
            return;
        }

        var signal = Envelope.Read(envelope, out var control);
        if (control is { Type: "presence" })
        {
            client.UsedPresence?.Receive(control.Content);
        }
        else if (control is { Type: "session" })
        {
            client.Hear(control.Content);
        }
        else if (control is not null)
        {
            client.SocketSending.Receive(control);
        }
        else if (signal is { Sequence: not null })
        {
            client.Inbox.Arrivals.Receive(signal with { Inbox = client.Inbox });
        }
        else if (signal is not null && !duplicates.Contains(signal) && !signals.Writer.TryWrite(signal))
        {
            try
            {
                await signals.Writer.WriteAsync(signal);
            }
            catch (ChannelClosedException)
            {
                // The client is being disposed of.
            }
        }
    }

    /// <summary>The signals; a reader that asks for the next one is done with the one before.</summary>
    public async IAsyncEnumerable<Signal> ReadAsync([EnumeratorCancellation] CancellationToken cancellationToken)
    {
        do
        {
            while (signals.Reader.TryRead(out var signal))
            {
                yield return signal;
                if (options.Settle == Settling.Automatic && signal.Sequence is { } sequence)
                {
                    _ = client.Inbox.Arrivals.SettleAsync(sequence);
                }
            }

            client.UsedInbox?.Arrivals.FetchIfPassedOver();
        } while (await signals.Reader.WaitToReadAsync(cancellationToken));
    }

    /// <summary>Ends the reading, with the failure if there is one.</summary>
    public void Complete(Exception? failure) => signals.Writer.TryComplete(failure);

    private bool IsDealtWith(ReadOnlyMemory<byte> envelope)
    {
        try
        {
            return options.EnvelopeArrived?.Invoke(envelope) == true;
        }
        catch (Exception failure)
        {
            throw new HandlerFailedException(failure);
        }
    }
}
