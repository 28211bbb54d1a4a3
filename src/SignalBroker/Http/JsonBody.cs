using System.Text.Json;
using System.Text.Json.Serialization.Metadata;

namespace SignalBroker.Http;

/// <summary>Reads a body that must be a JSON object of a known form.</summary>
public static class JsonBody
{
    /// <summary>Reads the body; an empty one counts as <c>{}</c>.</summary>
    /// <exception cref="RefusedException">It is no JSON, no object, or a member has a wrong type.</exception>
    public static async Task<T> ReadAsync<T>(HttpRequest request, JsonTypeInfo<T> form)
        where T : class, new()
    {
        if (request.ContentLength is 0 || (request.ContentLength is null && request.ContentType is null))
        {
            return new T();
        }

        if (RequestBody.IsForm(request))
        {
            throw new RefusedException(Problem.UnsupportedMediaType);
        }

        using var body = await RequestBody.ReadAsync(request);
        try
        {
            return JsonSerializer.Deserialize(body.Written.Span, form)
                ?? throw new RefusedException(Problem.MalformedBody("The body must be a JSON object."));
        }
        catch (JsonException wrong) when (wrong.Path is { Length: > 1 } path && !path.Contains('['))
        {
            throw new RefusedException(Problem.InvalidMember(path.TrimStart('$', '.'), "has a wrong type"));
        }
        catch (JsonException)
        {
            throw new RefusedException(Problem.MalformedBody("The body must be a JSON object."));
        }
    }
}
