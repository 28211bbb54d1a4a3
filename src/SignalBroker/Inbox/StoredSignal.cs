using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Text;
using SignalBroker.Identity;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>A signal that is to be stored.</summary>
/// <remarks>A class, so that two signals of the same content are two signals.</remarks>
internal sealed class StoredSignal
{
    /// <summary>Whose inbox it goes into.</summary>
    public required string UserId { get; init; }

    /// <summary>The only device that it is for; null for all of them.</summary>
    public string? Device { get; init; }

    /// <summary>The id that its envelope bears.</summary>
    public required string Id { get; init; }

    /// <summary>As which member of which room the user gets it; null when it was sent to the user itself.</summary>
    public StoredFor? Member { get; init; }

    /// <summary>The envelope, without its sequence.</summary>
    public required byte[] Envelope { get; init; }

    /// <summary>How long it is stored.</summary>
    public required TimeSpan TimeToLive { get; init; }

    /// <summary>What makes a repeat known; null when it can't be repeated, because its sender gave it no id.</summary>
    public RepeatKey? Repeat { get; init; }

    /// <summary>The user that gets a receipt; null when nobody wants one.</summary>
    public string? ReceiptTo { get; init; }

    /// <summary>Whose budgets and shares it uses up.</summary>
    public Payer Payer { get; init; }

    /// <summary>Whether its sender's budgets have paid for it, together with others.</summary>
    public bool IsPaid { get; init; }

    /// <summary>Whether it is a receipt, which is stored even if the inbox is full of signals.</summary>
    public bool IsReceipt { get; init; }
}

/// <summary>A member of a room, for whom a signal is stored.</summary>
/// <param name="Member">What the other members know it by: a receipt names nothing else.</param>
internal sealed record StoredFor(string Room, string Member);

/// <summary>What makes a repeat of a signal known.</summary>
/// <param name="Sha256">The hash of what must be the same.</param>
internal sealed record RepeatKey(string Sender, string Id, byte[] Sha256)
{
    /// <summary>What makes a repeat of the signal known; null when its sender has given it no id.</summary>
    public static RepeatKey? Of(Sender sender, SignalRequest request) =>
        request.Id is { } id ? new(NameOf(sender), id, HashOf(request)) : null;

    // A user id has no space in it.
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

    /// <summary>It had been sent before; this became of it then.</summary>
    public sealed record Repeated(Kept Kept) : Storing;

    /// <summary>Its sender has already used the id for another signal.</summary>
    public sealed record IdUsed : Storing;

    /// <summary>The same signal is being sent at this moment.</summary>
    public sealed record UnderWay : Storing;

    /// <summary>The inbox has no room for it.</summary>
    public sealed record Full : Storing;

    /// <summary>The inbox has room only for others than its sender.</summary>
    public sealed record ShareUsed : Storing;

    /// <summary>Its sender has had as much stored as it may for now.</summary>
    public sealed record BudgetUsed(TimeSpan RetryAfter) : Storing;
}

/// <summary>What the database knows of a signal with <c>store</c>.</summary>
/// <param name="Sequence">Its sequence in the addressee's inbox; null when it was not stored.</param>
/// <param name="Answer">What was answered instead, as JSON: the sessions that took it, or what became of it in a room.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct Kept(long? Sequence, byte[]? Answer);
