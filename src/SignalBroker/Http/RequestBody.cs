using System.Buffers;
using System.Runtime.CompilerServices;
using Microsoft.Net.Http.Headers;

namespace SignalBroker.Http;

/// <summary>Reads the bodies of the public endpoints, which may be JSON or a form.</summary>
public static class RequestBody
{
    /// <summary>The largest body that is taken, in bytes.</summary>
    public const int MaxBytes = 65_536;

    /// <summary>The media types that the public endpoints take.</summary>
    public const string Json = "application/json";

    /// <inheritdoc cref="Json" />
    public const string Form = "application/x-www-form-urlencoded";

    /// <summary>Whether the body is a form.</summary>
    /// <exception cref="RefusedException">It is neither a form nor JSON.</exception>
    public static bool IsForm(HttpRequest request)
    {
        if (request.ContentType == Json)
        {
            return false;
        }

        var type = MediaTypeHeaderValue.TryParse(request.ContentType, out var parsed) ? parsed.MediaType.Value : null;
        return type?.ToLowerInvariant() switch
        {
            Form => true,
            Json => false,
            _ => throw new RefusedException(Problem.UnsupportedMediaType),
        };
    }

    /// <summary>Reads the whole body.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than <see cref="MaxBytes"/> or breaks off.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<PooledBuffer> ReadAsync(HttpRequest request)
    {
        var reader = request.BodyReader;
        while (true)
        {
            var read = await reader.ReadAsync(request.HttpContext.RequestAborted);
            if (read.IsCompleted)
            {
                var body = PooledBuffer.Rent((int)read.Buffer.Length);
                foreach (var piece in read.Buffer)
                {
                    body.Write(piece.Span);
                }

                reader.AdvanceTo(read.Buffer.End);
                return body;
            }

            reader.AdvanceTo(read.Buffer.Start, read.Buffer.End);
        }
    }

    /// <summary>Reads a form.</summary>
    /// <exception cref="RefusedException">It is malformed.</exception>
    public static async Task<IFormCollection> ReadFormAsync(HttpRequest request)
    {
        try
        {
            return await request.ReadFormAsync(request.HttpContext.RequestAborted);
        }
        catch (InvalidDataException malformed)
        {
            throw new RefusedException(Problem.MalformedBody($"The form can't be read: {malformed.Message}"));
        }
    }
}
