using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using SignalBroker.Http;

namespace SignalBroker.Signals;

/// <summary>Reads what a sender asks for, from JSON or from a form.</summary>
public static class SignalReader
{
    // The usual encoder writes six bytes for many a character, and the content may not outgrow its bound.
    private static readonly HttpJson FormContent = new(
        new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
    );

    /// <summary>Reads a JSON body.</summary>
    /// <exception cref="RefusedException">It is no JSON, lacks a member or has a wrong one.</exception>
    public static SignalRequest ReadJson(ReadOnlyMemory<byte> body, LongestTimes longest)
    {
        var request = new SignalRequest();
        try
        {
            // A broken text would be relayed as it is, and a browser closes a socket that sends it one.
            if (!Utf8.IsValid(body.Span))
            {
                throw new RefusedException(Problem.MalformedBody("The body is not valid UTF-8."));
            }

            var reader = new Utf8JsonReader(body.Span);
            if (!reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                throw new RefusedException(Problem.MalformedBody("The body must be a JSON object."));
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("to"u8))
                {
                    request.To = ReadText(ref reader, "to");
                }
                else if (reader.ValueTextEquals("device"u8))
                {
                    request.Device = ReadText(ref reader, "device");
                }
                else if (reader.ValueTextEquals("toSession"u8))
                {
                    request.ToSession = ReadText(ref reader, "toSession");
                }
                else if (reader.ValueTextEquals("toRoom"u8))
                {
                    request.ToRoom = ReadText(ref reader, "toRoom");
                }
                else if (reader.ValueTextEquals("toMember"u8))
                {
                    request.ToMember = ReadText(ref reader, "toMember");
                }
                else if (reader.ValueTextEquals("type"u8))
                {
                    request.Type = ReadText(ref reader, "type");
                }
                else if (reader.ValueTextEquals("id"u8))
                {
                    request.Id = ReadText(ref reader, "id");
                }
                else if (reader.ValueTextEquals("timeToLive"u8))
                {
                    request.TimeToLive = ReadMilliseconds(ref reader);
                }
                else if (reader.ValueTextEquals("content"u8))
                {
                    request.Content = ReadContent(ref reader, body);
                }
                else if (reader.ValueTextEquals("store"u8))
                {
                    request.Store = StoreOf(ReadText(ref reader, "store"));
                }
                else if (reader.ValueTextEquals("receipt"u8))
                {
                    request.Receipt = ReceiptOf(ReadText(ref reader, "receipt"));
                }
                else if (reader.ValueTextEquals("settle"u8))
                {
                    request.Settle = ReadContent(ref reader, body);
                }
                else
                {
                    reader.Skip();
                }
            }

            // Nothing but white space may follow.
            while (reader.Read()) { }
        }
        catch (InvalidOperationException)
        {
            // An escaped half of a surrogate pair is JSON, but no text.
            throw new RefusedException(Problem.MalformedBody("The name of a member is no text."));
        }
        catch (JsonException malformed)
        {
            throw new RefusedException(
                Problem.MalformedBody(
                    $"The body is not valid JSON (line {malformed.LineNumber + 1}, byte {malformed.BytePositionInLine + 1})."
                )
            );
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
                        && SignalRequest.IsToken(id, SignalRequest.LongestId)
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
    public static SignalRequest ReadForm(IFormCollection form, LongestTimes longest)
    {
        // "toUserId" is what the original project's forms say.
        var request = new SignalRequest
        {
            To = Field(form, "to") ?? Field(form, "toUserId"),
            Device = Field(form, "device"),
            ToSession = Field(form, "toSession"),
            ToRoom = Field(form, "toRoom"),
            ToMember = Field(form, "toMember"),
            Type = Field(form, "type"),
            Id = Field(form, "id"),
            Store = StoreOf(Field(form, "store")),
            Receipt = ReceiptOf(Field(form, "receipt")),
        };
        if (Field(form, "content") is { } content)
        {
            request.Content = JsonSerializer.SerializeToUtf8Bytes(content, FormContent.String);
        }

        if (Field(form, "timeToLive") is { } text)
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

    private static StoreKind? StoreOf(string? text) =>
        text switch
        {
            null => null,
            "ifOffline" => StoreKind.IfOffline,
            "always" => StoreKind.Always,
            _ => throw new RefusedException(Problem.InvalidMember("store", "must be 'ifOffline' or 'always'")),
        };

    private static bool ReceiptOf(string? text) =>
        text switch
        {
            null => false,
            "delivered" => true,
            _ => throw new RefusedException(Problem.InvalidMember("receipt", "must be 'delivered'")),
        };

    private static string? Field(IFormCollection form, string name) =>
        form.TryGetValue(name, out var values) && values is [{ } value] ? value : null;

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
