using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>A signal to store.</summary>
/// <remarks>A class, so that two signals with the same content are different.</remarks>
internal sealed class StoredSignal
{
    /// <summary>The recipient.</summary>
    public required string UserId { get; init; }

    /// <summary>The only device that it is for; null for all.</summary>
    public string? Device { get; init; }

    /// <summary>The id in its envelope.</summary>
    public required string Id { get; init; }

    /// <summary>The room's member who receives it; null when it was sent to the user itself.</summary>
    public StoredFor? Member { get; init; }

    /// <summary>The envelope, without its sequence.</summary>
    public required byte[] Envelope { get; init; }

    public required TimeSpan TimeToLive { get; init; }

    /// <summary>Null when it can't be repeated, because its sender gave it no id.</summary>
    public RepeatKey? Repeat { get; init; }

    /// <summary>The user that gets a receipt; null when nobody wants one.</summary>
    public string? ReceiptTo { get; init; }

    public Payer Payer { get; init; }

    /// <summary>Whether its cost has already been taken from the budgets, together with others'.</summary>
    public bool IsPaid { get; init; }

    /// <summary>Whether it is a receipt, which is stored even if the inbox is full of signals.</summary>
    public bool IsReceipt { get; init; }
}

/// <summary>A member of a room for whom a signal is stored; a receipt names only its member id.</summary>
internal sealed record StoredFor(string Room, string Member);

/// <summary>Identifies a signal and its repeats.</summary>
/// <param name="Sha256">The hash of what must be the same.</param>
internal sealed record RepeatKey(string Sender, string Id, byte[] Sha256)
{
    /// <summary>Null when the sender has given the signal no id.</summary>
    public static RepeatKey? Of(Sender sender, SignalRequest request) =>
        request.Id is { } id ? new(NameOf(sender), id, HashOf(request)) : null;

    // A user id has no space.
    private static string NameOf(Sender sender) => sender.Session?.UserId ?? $"application {sender.Application}";

    private static byte[] HashOf(SignalRequest request)
    {
        // Nor has it a line break.
        var to = request.ToRoom is null ? $"{request.To} {request.Device}" : $"\n{request.ToRoom} {request.ToMember}";
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        hash.AppendData(Encoding.UTF8.GetBytes($"{to}\n{request.Type}\n"));
        hash.AppendData(request.Content.Span);
        return hash.GetHashAndReset();
    }
}

/// <summary>How storing a signal ended.</summary>
internal abstract record Storing
{
    public sealed record Stored(long Sequence) : Storing;

    /// <summary>It was sent before, with this result.</summary>
    public sealed record Repeated(Kept Kept) : Storing;

    /// <summary>Its sender has already used the id for another signal.</summary>
    public sealed record IdUsed : Storing;

    /// <summary>The same signal is being sent at this moment.</summary>
    public sealed record UnderWay : Storing;

    public sealed record Full : Storing;

    /// <summary>The inbox has room only for other senders.</summary>
    public sealed record ShareUsed : Storing;

    /// <summary>Its sender or address has stored as much as it may for now.</summary>
    public sealed record BudgetUsed(TimeSpan RetryAfter) : Storing;
}

/// <summary>What the database has of a signal with <c>store</c>.</summary>
/// <param name="Sequence">Its sequence in the recipient's inbox; null when it was not stored.</param>
/// <param name="Answer">The answer instead, as JSON: the sessions that took it, or what became of it in a room.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Kept(long? Sequence, byte[]? Answer);
