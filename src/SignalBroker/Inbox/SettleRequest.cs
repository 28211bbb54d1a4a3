using System.Text.Json;
using SignalBroker.Signals;

namespace SignalBroker.Inbox;

/// <summary>The stored signals that a device settles.</summary>
/// <param name="UpTo">Every one up to this sequence; null for none.</param>
/// <param name="Ids">Those with these ids, from any sender.</param>
internal sealed record SettleRequest(long? UpTo, long[] Sequences, string[] Ids)
{
    /// <summary>How many sequences, and how many ids, may be settled at once.</summary>
    public const int Most = 1000;

    /// <summary>Reads <c>{"upTo": 7}</c>, <c>{"sequences": [8, 9]}</c>, <c>{"ids": ["a"]}</c>, or several.</summary>
    /// <exception cref="RefusedException">It is none of them.</exception>
    public static SettleRequest Parse(ReadOnlyMemory<byte> json)
    {
        try
        {
            JsonMembers.Check(json.Span, InboxJson.Default.SettleRequestSchema);
            using var parsed = JsonDocument.Parse(json);
            return Read(parsed.RootElement);
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            throw JsonBody.Malformed(json.Span, malformed);
        }
    }

    private static SettleRequest Read(JsonElement json)
    {
        if (json.ValueKind != JsonValueKind.Object)
        {
            throw new RefusedException(Problem.MalformedBody("What is to be settled must be a JSON object."));
        }

        var request = new SettleRequest(
            json.TryGetProperty("upTo", out var upTo) ? ReadSequence("upTo", upTo) : null,
            ReadAll(json, "sequences", ReadSequence),
            ReadAll(json, "ids", ReadId)
        );
        return request is { UpTo: null, Sequences: [], Ids: [] }
            ? throw new RefusedException(
                Problem.InvalidMember("upTo", "must be given, or 'sequences', or 'ids': what is to be settled")
            )
            : request;
    }

    private static long ReadSequence(string member, JsonElement json) =>
        json.ValueKind == JsonValueKind.Number && json.TryGetInt64(out var sequence) && sequence > 0
            ? sequence
            : throw new RefusedException(Problem.InvalidMember(member, "must be a positive whole number"));

    private static string ReadId(string member, JsonElement json) =>
        json.ValueKind == JsonValueKind.String
        && json.GetString() is { } id
        && SignalRequest.IsToken(id, SignalRequest.MaxIdLength)
            ? id
            : throw new RefusedException(Problem.InvalidMember(member, "must be the ids of signals"));

    private static T[] ReadAll<T>(JsonElement json, string member, Func<string, JsonElement, T> read)
    {
        if (!json.TryGetProperty(member, out var all))
        {
            return [];
        }

        if (all.ValueKind != JsonValueKind.Array || all.GetArrayLength() > Most)
        {
            throw new RefusedException(Problem.InvalidMember(member, $"must be an array of at most {Most}"));
        }

        return [.. all.EnumerateArray().Select(item => read(member, item))];
    }
}
