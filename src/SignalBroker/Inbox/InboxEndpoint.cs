using System.ComponentModel.DataAnnotations;
using System.Globalization;
using System.Text.Json;
using SignalBroker.Sessions;

namespace SignalBroker.Inbox;

/// <summary>What <c>GET /inbox</c> answers.</summary>
/// <param name="Recovered">Whether the device has had, has been sent or is being sent everything after its last signal.</param>
/// <param name="LastSequence">The newest stored signal's sequence; 0 before the first one.</param>
/// <param name="LowestSequence">From this sequence on, no stored signal has expired.</param>
/// <param name="SettledThrough">The device has nothing left to settle up to this sequence.</param>
/// <param name="Entries">The stored signals that the device has not settled, in their order.</param>
/// <param name="More">Whether there are more of them.</param>
internal sealed record InboxAnswerSchema(
    bool Recovered,
    long LastSequence,
    long LowestSequence,
    long SettledThrough,
    IReadOnlyList<StoredEnvelopeSchema> Entries,
    bool More
);

/// <summary>A stored signal as a listener receives it.</summary>
/// <remarks>For the API's description; <see cref="Entry"/> writes it.</remarks>
/// <param name="Sequence">Its place in the user's inbox.</param>
/// <param name="Id">The sender's name for it, or the server's; one that comes twice has the same.</param>
/// <param name="From">Who has sent it: a user id, <c>{"application": …}</c>, or for an anonymous member of a room <c>{"member": …, "alias": …}</c>; left out for what the server itself says.</param>
/// <param name="FromSession">The listening key of the sender's session; left out for applications and anonymous members.</param>
/// <param name="FromMember">In a room, the sender's member id.</param>
/// <param name="To">The user whom it is for; left out in a room.</param>
/// <param name="Device">The one device that it is for, if it is.</param>
/// <param name="Room">The room that it was sent to, if it was.</param>
/// <param name="ToMember">In a room, the one member that it is for, if it is.</param>
/// <param name="Type">What it is about, as the sender says.</param>
/// <param name="SentAt">When the server took it.</param>
/// <param name="ExpiresAt">Until when it is stored.</param>
/// <param name="Content">The sender's JSON, byte for byte.</param>
internal sealed record StoredEnvelopeSchema(
    long Sequence,
    string Id,
    JsonElement? From,
    string? FromSession,
    string? FromMember,
    string? To,
    string? Device,
    string? Room,
    string? ToMember,
    string? Type,
    DateTimeOffset SentAt,
    DateTimeOffset ExpiresAt,
    JsonElement Content
);

/// <summary>What <c>POST /inbox/settle</c> takes.</summary>
/// <remarks>For the API's description; <see cref="SettleRequest"/> reads it.</remarks>
/// <param name="UpTo">Settles every stored signal up to this sequence.</param>
/// <param name="Sequences">Settles those with these sequences.</param>
/// <param name="Ids">Settles those with these ids, whoever has sent them.</param>
internal sealed record SettleRequestSchema(
    [property: Range(1, long.MaxValue)] long? UpTo,
    [property: MaxLength(SettleRequest.Most)] IReadOnlyList<long>? Sequences,
    [property: MaxLength(SettleRequest.Most)] IReadOnlyList<string>? Ids
);

/// <summary>What <c>POST /inbox/settle</c> answers.</summary>
/// <param name="Settled">How many stored signals the device has settled now.</param>
/// <param name="SettledThrough">The device has nothing left to settle up to this sequence.</param>
internal sealed record SettleAnswer(int Settled, long SettledThrough);

/// <summary><c>GET /inbox</c> and <c>POST /inbox/settle</c>: a session reads and settles what is stored for its user.</summary>
internal sealed class InboxEndpoint(SessionProof proof, ReadingStore store, InboxSettler settler)
{
    /// <summary>The most entries in one answer.</summary>
    public const int MaxEntries = 64;

    private const int UsualAnswer = 4096;

    /// <summary>Reads the stored signals that the session's device has not settled.</summary>
    /// <remarks>
    /// <c>after</c> is the last sequence that the device has had: <c>recovered</c> says whether nothing has expired
    /// since. With <c>limit=0</c> only that is answered.
    /// </remarks>
    public async Task<IResult> ReadAsync(HttpRequest request, string? after, string? limit)
    {
        var session = await proof.RequireAsync(request, "/inbox");
        var from = ReadNumber("after", after, long.MaxValue);
        var most = ReadNumber("limit", limit, MaxEntries) ?? MaxEntries;
        var view = await store.ReadAsync(session, from ?? 0, (int)most + 1);
        var had = from ?? view.SettledThrough;
        using var answer = PooledBuffer.Rent(UsualAnswer);
        Write(answer, view, (int)most, isRecovered: had <= view.LastSequence && had + 1 >= view.LowestSequence);
        return Results.Bytes(answer.Written.ToArray(), "application/json; charset=utf-8");
    }

    /// <summary>Settles stored signals for the session's device.</summary>
    /// <remarks>What is settled is not delivered to the device again.</remarks>
    public async Task<IResult> SettleAsync(HttpRequest request)
    {
        var session = await proof.RequireAsync(request, "/inbox");
        if (RequestBody.IsForm(request))
        {
            return Problem.UnsupportedMediaType;
        }

        using var body = await RequestBody.ReadAsync(request);
        var settling = await settler.SettleAsync(session, SettleRequest.Parse(body.Written));
        return TypedResults.Ok(new SettleAnswer(settling.Settled, settling.SettledThrough));
    }

    private static void Write(PooledBuffer answer, InboxView view, int most, bool isRecovered)
    {
        var writer = answer.JsonWriter();
        writer.WriteStartObject();
        writer.WriteBoolean("recovered"u8, isRecovered);
        writer.WriteNumber("lastSequence"u8, view.LastSequence);
        writer.WriteNumber("lowestSequence"u8, view.LowestSequence);
        writer.WriteNumber("settledThrough"u8, view.SettledThrough);
        writer.WriteBoolean("more"u8, view.Entries.Count > most);
        writer.WriteStartArray("entries"u8);
        foreach (var entry in view.Entries.Take(most))
        {
            using var envelope = entry.Complete();
            writer.WriteRawValue(envelope.Written.Span, skipInputValidation: true);
        }

        writer.WriteEndArray();
        writer.WriteEndObject();
        writer.Flush();
    }

    private static long? ReadNumber(string name, string? text, long most) =>
        text is null ? null
        : long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var number) && number <= most
            ? number
        : throw new RefusedException(Problem.InvalidMember(name, $"must be a whole number from 0 to {most}"));
}
