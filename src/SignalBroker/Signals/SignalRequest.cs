using System.Buffers;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Unicode;
using SignalBroker.Http;
using SignalBroker.Sessions;

namespace SignalBroker.Signals;

/// <summary>What a sender asks for, as <c>/exchange</c> takes it.</summary>
public sealed class SignalRequest
{
    private const int LongestType = 64;
    private const int LongestId = 64;

    // The usual encoder writes six bytes for many a character, and the content may not outgrow its bound.
    private static readonly HttpJson FormContent = new(
        new JsonSerializerOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }
    );

    /// <summary>The addressed user, all of whose listening sessions get the signal; null when a session is addressed.</summary>
    public string? To { get; private set; }

    /// <summary>The listening key of the addressed session; null when a user is addressed.</summary>
    public string? ToSession { get; private set; }

    /// <summary>What the signal is about, for the receiver's use; null when the sender does not say.</summary>
    public string? Type { get; private set; }

    /// <summary>The sender's own name for the signal; null when the server is to give it one.</summary>
    public string? Id { get; private set; }

    /// <summary>How long the signal may wait for the addressee; null for the server's default.</summary>
    public TimeSpan? TimeToLive { get; private set; }

    /// <summary>The sender's JSON, byte for byte.</summary>
    public ReadOnlyMemory<byte> Content { get; private set; }

    /// <summary>Reads a JSON body.</summary>
    /// <exception cref="RefusedException">It is no JSON, lacks a member or has a wrong one.</exception>
    public static SignalRequest ReadJson(ReadOnlyMemory<byte> body, TimeSpan maxTimeToLive)
    {
        var request = new SignalRequest();
        TimeSpan? timeToLive = null;
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
                else if (reader.ValueTextEquals("toSession"u8))
                {
                    request.ToSession = ReadText(ref reader, "toSession");
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
                    timeToLive = ReadMilliseconds(ref reader);
                }
                else if (reader.ValueTextEquals("content"u8))
                {
                    request.Content = ReadContent(ref reader, body);
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

        request.Check(timeToLive, maxTimeToLive);
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
                        && IsToken(id, LongestId)
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
    public static SignalRequest ReadForm(IFormCollection form, TimeSpan maxTimeToLive)
    {
        // "toUserId" is what the original project's forms say.
        var request = new SignalRequest
        {
            To = Field(form, "to") ?? Field(form, "toUserId"),
            ToSession = Field(form, "toSession"),
            Type = Field(form, "type"),
            Id = Field(form, "id"),
        };
        if (Field(form, "content") is { } content)
        {
            request.Content = JsonSerializer.SerializeToUtf8Bytes(content, FormContent.String);
        }

        TimeSpan? timeToLive = null;
        if (Field(form, "timeToLive") is { } text)
        {
            if (!long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var milliseconds))
            {
                throw WrongTimeToLive();
            }

            timeToLive = TimeSpan.FromMilliseconds(Math.Min(milliseconds, int.MaxValue));
        }

        request.Check(timeToLive, maxTimeToLive);
        return request;
    }

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

    private void Check(TimeSpan? timeToLive, TimeSpan maxTimeToLive)
    {
        if (To is null == ToSession is null)
        {
            throw new RefusedException(
                Problem.Of(
                    StatusCodes.Status400BadRequest,
                    "addressee-invalid",
                    "Exactly one of 'to' (a user) and 'toSession' (a listening key) must be given."
                )
            );
        }

        if (To is not null && !UserId.IsValid(To))
        {
            throw new RefusedException(Problem.InvalidUserId("to"));
        }

        if (ToSession is not null && !ListeningKey.IsWellFormed(ToSession))
        {
            throw new RefusedException(Problem.InvalidMember("toSession", "must be a session's listening key"));
        }

        if (Type is not null && !IsToken(Type, LongestType))
        {
            throw new RefusedException(
                Problem.InvalidMember(
                    "type",
                    $"must have 1 to {LongestType} characters, none of them a control character"
                )
            );
        }

        if (Id is not null && !IsToken(Id, LongestId))
        {
            throw new RefusedException(
                Problem.InvalidMember("id", $"must have 1 to {LongestId} characters, none of them a control character")
            );
        }

        if (timeToLive is { } wanted && (wanted <= TimeSpan.Zero || wanted > maxTimeToLive))
        {
            throw new RefusedException(
                Problem.InvalidMember(
                    "timeToLive",
                    $"must be a whole number of milliseconds from 1 to {(long)maxTimeToLive.TotalMilliseconds}"
                )
            );
        }

        if (Content.IsEmpty)
        {
            throw new RefusedException(
                Problem.Of(
                    StatusCodes.Status400BadRequest,
                    "content-missing",
                    "The signal has no 'content'; any JSON value will do, null included."
                )
            );
        }

        if (Content.Length > RequestBody.MaxBytes)
        {
            throw new RefusedException(Problem.OfStatus(StatusCodes.Status413PayloadTooLarge));
        }

        TimeToLive = timeToLive;
    }

    private static bool IsToken(string text, int longest) =>
        text.Length > 0 && text.Length <= longest && !text.Any(char.IsControl);

    private static RefusedException WrongTimeToLive() =>
        new(Problem.InvalidMember("timeToLive", "must be a whole number of milliseconds"));
}
