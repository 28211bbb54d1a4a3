using System.Globalization;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;

namespace SignalBroker.Signals;

/// <summary>Reads what a sender asks for, from JSON or from a form.</summary>
internal static class SignalReader
{
    private delegate void Taking(ref Utf8JsonReader reader, SignalRequest request, ReadOnlyMemory<byte> body);

    private static readonly (string Name, Taking Take)[] Members =
    [
        ("to", (ref reader, request, _) => request.To = ReadText(ref reader, "to")),
        ("content", (ref reader, request, body) => request.Content = ReadContent(ref reader, body)),
        ("id", (ref reader, request, _) => request.Id = ReadText(ref reader, "id")),
        ("toSession", (ref reader, request, _) => request.ToSession = ReadText(ref reader, "toSession")),
        ("toRoom", (ref reader, request, _) => request.ToRoom = ReadText(ref reader, "toRoom")),
        ("toMember", (ref reader, request, _) => request.ToMember = ReadText(ref reader, "toMember")),
        ("device", (ref reader, request, _) => request.Device = ReadText(ref reader, "device")),
        ("type", (ref reader, request, _) => request.Type = ReadText(ref reader, "type")),
        ("timeToLive", (ref reader, request, _) => request.TimeToLive = ReadMilliseconds(ref reader)),
        ("store", (ref reader, request, _) => request.Store = StoreOf(ReadText(ref reader, "store"))),
        ("receipt", (ref reader, request, _) => request.Receipt = ReceiptOf(ReadText(ref reader, "receipt"))),
        ("settle", (ref reader, request, body) => request.Settle = ReadContent(ref reader, body)),
    ];

    private static readonly string[] Names = [.. Members.Select(member => member.Name)];
    private static readonly byte[][] NamesUtf8 = [.. Names.Select(Encoding.UTF8.GetBytes)];

    // The original project's forms say who sends, and call the addressee so.
    private static readonly string[] Fields = [.. Names, "toUserId", "fromUserId"];

    // The usual encoder writes six bytes for many a character, and the content may not outgrow its bound.
    private static readonly SignalsJson FormContent = new(
        new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
    );

    /// <summary>Reads a JSON body.</summary>
    /// <exception cref="RefusedException">It is no JSON, lacks a member or has a wrong one.</exception>
    public static SignalRequest ReadJson(ReadOnlyMemory<byte> body, TimeToLiveLimits longest)
    {
        var request = new SignalRequest();
        try
        {
            // A broken text would be relayed as it is, and a browser closes a socket that sends it one.
            if (!Utf8.IsValid(body.Span))
            {
                throw new RefusedException(Problem.MalformedBody("The body is not valid UTF-8."));
            }

            var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = JsonBody.MaxDepth });
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new RefusedException(Problem.MalformedBody("The body must be a JSON object."));
            }

            var given = 0;
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                var member = Find(ref reader);
                if (member < 0)
                {
                    MemberNames.RefuseVariant(reader.GetString()!, Names);
                    reader.Skip();
                    continue;
                }

                if ((given & (1 << member)) != 0)
                {
                    throw MemberNames.GivenTwice(Names[member]);
                }

                given |= 1 << member;
                Members[member].Take(ref reader, request, body);
            }

            // Nothing but white space may follow.
            while (reader.Read()) { }
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            throw JsonBody.Malformed(body.Span, malformed);
        }

        if (request.Settle.IsEmpty)
        {
            request.Check(longest);
        }

        return request;
    }

    /// <summary>The id in a body that is otherwise refused, if it can be found before what is wrong.</summary>
    public static string? FindId(ReadOnlySpan<byte> body)
    {
        try
        {
            var reader = new Utf8JsonReader(body);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return null;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("id"u8))
                {
                    return
                        reader.Read()
                        && reader.TokenType == JsonTokenType.String
                        && reader.GetString() is { } id
                        && SignalRequest.IsToken(id, SignalRequest.MaxIdLength)
                        ? id
                        : null;
                }

                reader.Skip();
            }
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            // Then the answer names none.
        }

        return null;
    }

    /// <summary>Reads a form, in which the content is a text.</summary>
    /// <exception cref="RefusedException">A field is missing or wrong.</exception>
    public static SignalRequest ReadForm(IFormCollection fields, TimeToLiveLimits longest)
    {
        var form = FieldsOf(fields);
        // "toUserId" is what the original project's forms say.
        if (form["to"] is not null && form["toUserId"] is not null)
        {
            throw new RefusedException(Problem.InvalidMember("toUserId", "is another name for 'to'; give one of them"));
        }

        var request = new SignalRequest
        {
            To = form["to"] ?? form["toUserId"],
            Device = form["device"],
            ToSession = form["toSession"],
            ToRoom = form["toRoom"],
            ToMember = form["toMember"],
            Type = form["type"],
            Id = form["id"],
            Store = StoreOf(form["store"]),
            Receipt = ReceiptOf(form["receipt"]),
        };
        if (form["content"] is { } content)
        {
            request.Content = JsonSerializer.SerializeToUtf8Bytes(content, FormContent.String);
        }

        if (form["timeToLive"] is { } text)
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
            {
                throw WrongTimeToLive();
            }

            request.TimeToLive = TimeSpan.FromMilliseconds(Math.Min(milliseconds, int.MaxValue));
        }

        request.Check(longest);
        return request;
    }

    /// <summary>The fields of a form, whose names are checked.</summary>
    /// <exception cref="RefusedException">One is misspelled or given twice.</exception>
    public static FormFields FieldsOf(IFormCollection form) => new(form, Fields);

    // The number of the member whose name the reader has come to; less than 0 for an unknown one.
    private static int Find(ref Utf8JsonReader reader)
    {
        for (var member = 0; member < NamesUtf8.Length; member++)
        {
            if (reader.ValueTextEquals(NamesUtf8[member]))
            {
                return member;
            }
        }

        return -1;
    }

    private static StoreKind? StoreOf(string? text) =>
        text switch
        {
            null => null,
            "ifOffline" => StoreKind.IfOffline,
            "always" => StoreKind.Always,
            _ => throw new RefusedException(Problem.InvalidWord("store", "ifOffline", "always")),
        };

    private static bool ReceiptOf(string? text) =>
        text switch
        {
            null => false,
            "delivered" => true,
            _ => throw new RefusedException(Problem.InvalidWord("receipt", "delivered")),
        };

    private static string? ReadText(ref Utf8JsonReader reader, string member)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.String => GetString(ref reader, member),
            _ => throw new RefusedException(Problem.InvalidMember(member, "must be a string")),
        };
    }

    private static string? GetString(ref Utf8JsonReader reader, string member)
    {
        try
        {
            return reader.GetString();
        }
        catch (InvalidOperationException)
        {
            throw new RefusedException(Problem.InvalidMember(member, "must be a text; it holds half a surrogate pair"));
        }
    }

    private static TimeSpan? ReadMilliseconds(ref Utf8JsonReader reader)
    {
        reader.Read();
        return reader.TokenType switch
        {
            JsonTokenType.Null => null,
            JsonTokenType.Number when reader.TryGetInt64(out var milliseconds) => TimeSpan.FromMilliseconds(
                Math.Clamp(milliseconds, 0, int.MaxValue)
            ),
            _ => throw WrongTimeToLive(),
        };
    }

    private static ReadOnlyMemory<byte> ReadContent(ref Utf8JsonReader reader, ReadOnlyMemory<byte> body)
    {
        reader.Read();
        var start = (int)reader.TokenStartIndex;
        reader.Skip();
        return body[start..(int)reader.BytesConsumed];
    }

    private static RefusedException WrongTimeToLive() =>
        new(Problem.InvalidMember("timeToLive", "must be a whole number of milliseconds"));
}
