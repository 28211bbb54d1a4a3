using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SignalBroker.Http;

/// <summary>Reads a body that must be a JSON object of a known type.</summary>
internal static class JsonBody
{
    /// <summary>How many objects and arrays may be open at a time, the body itself included.</summary>
    public const int MaxDepth = 64;

    /// <summary>Reads the body; an empty one counts as <c>{}</c>.</summary>
    /// <exception cref="RefusedException">It is not a JSON object, or a member has a wrong name or type.</exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> form)
        where T : class
    {
        if (request.ContentLength is 0 || (request.ContentLength is null && request.ContentType is null))
        {
            return Parse("{}"u8, form);
        }

        if (RequestBody.IsForm(request))
        {
            throw new RefusedException(Problem.UnsupportedMediaType);
        }

        using var body = await RequestBody.ReadAsync(request);
        return Parse(body.Written.Span, form);
    }

    /// <summary>Reads a body.</summary>
    /// <exception cref="RefusedException">It is not a JSON object, or a member has a wrong name or type.</exception>
    public static T Parse<T>(ReadOnlySpan<byte> json, JsonTypeInfo<T> form)
        where T : class
    {
        try
        {
            JsonMembers.Check(json, form);
            return JsonSerializer.Deserialize(json, form) ?? throw NoObject();
        }
        catch (JsonException wrong) when (wrong.Path is { Length: > 1 } path)
        {
            var member = path.TrimStart('$', '.');
            throw new RefusedException(
                member.Contains('[')
                    ? Problem.MalformedBody($"'{member}' has a wrong type.")
                    : Problem.InvalidMember(member, "has a wrong type")
            );
        }
        catch (JsonException wrong) when (wrong.Path is not null)
        {
            throw NoObject();
        }
        catch (Exception broken) when (broken is JsonException or InvalidOperationException)
        {
            throw Malformed(json, broken);
        }
    }

    /// <summary>What is answered to a body that can't be read as JSON.</summary>
    public static RefusedException Malformed(ReadOnlySpan<byte> json, Exception failure) =>
        new(
            Problem.MalformedBody(
                failure switch
                {
                    JsonException when IsTooDeep(json) =>
                        $"The body is nested too deeply: no more than {MaxDepth} objects and arrays may be open at a time.",
                    JsonException at =>
                        $"The body is not valid JSON (line {at.LineNumber + 1}, byte {at.BytePositionInLine + 1}).",
                    // JSON, but half of a surrogate pair.
                    _ => "The name of a member is not valid Unicode.",
                }
            )
        );

    private static RefusedException NoObject() => new(Problem.MalformedBody("The body must be a JSON object."));

    // Whether it is valid up to where it gets too deep.
    private static bool IsTooDeep(ReadOnlySpan<byte> json)
    {
        var reader = new Utf8JsonReader(json, new JsonReaderOptions { MaxDepth = Math.Max(json.Length, MaxDepth) });
        try
        {
            while (reader.Read())
            {
                if (
                    reader.TokenType is JsonTokenType.StartObject or JsonTokenType.StartArray
                    && reader.CurrentDepth >= MaxDepth
                )
                {
                    return true;
                }
            }
        }
        catch (JsonException)
        {
            // Something else is wrong with it.
        }

        return false;
    }
}
