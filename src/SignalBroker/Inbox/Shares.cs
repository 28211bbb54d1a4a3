using System.Net;
using System.Runtime.InteropServices;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>How much of an inbox single senders and addresses use.</summary>
/// <remarks>
/// The more others use, the smaller a share is: it is halved when they use half of the inbox, and again with each half
/// of the rest. So at least half of an inbox's free space is left for those who come later.
/// </remarks>
internal sealed class Shares(InboxOptions bounds)
{
    private readonly Dictionary<string, Part> senders = [];
    private readonly Dictionary<IPAddress, Part> addresses = [];

    public void Add(Payer payer, int entries, long bytes)
    {
        if (payer.Sender is { } sender)
        {
            senders[sender] = senders.GetValueOrDefault(sender).With(entries, bytes);
        }

        if (payer.Address is { } address)
        {
            addresses[address] = addresses.GetValueOrDefault(address).With(entries, bytes);
        }
    }

    /// <summary>Whether the signal is within the shares of its sender and its address.</summary>
    public bool HaveRoomFor(StoredSignal signal, Box box) =>
        (
            signal.Payer.Sender is not { } sender
            || Fits(senders.GetValueOrDefault(sender), bounds.ShareOfSender, signal, box)
        )
        && (
            signal.Payer.Address is not { } address
            || Fits(addresses.GetValueOrDefault(address), bounds.ShareOfAddress, signal, box)
        );

    // The first one always fits, however small the share or large the signal.
    private bool Fits(Part own, double share, StoredSignal signal, Box box) =>
        own.Entries == 0
        || (
            own.Entries + 1 <= share * Free(box.Entries - own.Entries, bounds.MaxEntries)
            && own.Bytes + signal.Envelope.Length <= share * Free(box.Bytes - own.Bytes, bounds.MaxBytes)
        );

    // What others have left, rounded up to the whole, the half, the quarter … of the inbox: the sender must not learn
    // how much exactly others have stored.
    private static double Free(long others, long bound) =>
        bound * Math.Pow(2, Math.Ceiling(Math.Log2((double)(bound - others) / bound)));

    [StructLayout(LayoutKind.Auto)]
    private readonly record struct Part(int Entries, long Bytes)
    {
        public Part With(int entries, long bytes) => new(Entries + entries, Bytes + bytes);
    }
}
