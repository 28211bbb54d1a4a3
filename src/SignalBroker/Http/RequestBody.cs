using System.Buffers;
using System.IO.Pipelines;
using System.Runtime.CompilerServices;
using Microsoft.AspNetCore.Http.Features;
using Microsoft.AspNetCore.WebUtilities;
using Microsoft.Net.Http.Headers;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace SignalBroker.Http;

/// <summary>Reads the bodies of the public endpoints, which may be JSON or a form.</summary>
internal static class RequestBody
{
    /// <summary>The largest body that is accepted, in bytes.</summary>
    public const int MaxBytes = 65_536;

    /// <summary>
    /// The largest body in bytes as it comes over the wire: a client may send it in chunks as small as one byte, each
    /// with five bytes around it.
    /// </summary>
    public const int MaxBytesOnTheWire = 8 * MaxBytes;

    /// <summary>One of the media types that the public endpoints accept.</summary>
    public const string Json = "application/json";

    /// <inheritdoc cref="Json" />
    public const string Form = "application/x-www-form-urlencoded";

    /// <summary>Whether the body is a form.</summary>
    /// <exception cref="RefusedException">It is neither a form nor JSON.</exception>
    public static bool IsForm(HttpRequest request) =>
        request.ContentType != Json
        && MediaTypeOf(request) switch
        {
            Form => true,
            Json => false,
            _ => throw new RefusedException(Problem.UnsupportedMediaType),
        };

    /// <summary>Whether the body is a form, where it may be anything.</summary>
    public static bool HasForm(HttpRequest request) => MediaTypeOf(request) == Form;

    /// <summary>Reads the whole body.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than <see cref="MaxBytes"/>, broken or incomplete.</exception>
    [AsyncMethodBuilder(typeof(PoolingAsyncValueTaskMethodBuilder<>))]
    public static async ValueTask<PooledBuffer> ReadAsync(HttpRequest request)
    {
        if (request.ContentLength > MaxBytes)
        {
            throw TooLarge();
        }

        var reader = request.BodyReader;
        try
        {
            // To the end of the body, unless that is further away.
            var read = await reader.ReadAtLeastAsync(MaxBytes + 1, request.HttpContext.RequestAborted);
            if (read.Buffer.Length > MaxBytes)
            {
                // Kestrel discards the rest, up to its own limit.
                reader.AdvanceTo(read.Buffer.End);
                throw TooLarge();
            }

            var body = PooledBuffer.Rent((int)read.Buffer.Length);
            foreach (var piece in read.Buffer)
            {
                body.Write(piece.Span);
            }

            reader.AdvanceTo(read.Buffer.End);
            return body;
        }
        catch (IOException broken) when (broken is not BadHttpRequestException)
        {
            // What Kestrel throws over the size of a chunk that no number can hold.
            throw new BadHttpRequestException(broken.Message, StatusCodes.Status400BadRequest, broken);
        }
    }

    /// <summary>Reads a form.</summary>
    /// <exception cref="BadHttpRequestException">It is larger than <see cref="MaxBytes"/>, broken or incomplete.</exception>
    /// <exception cref="RefusedException">It is malformed.</exception>
    public static async ValueTask<IFormCollection> ReadFormAsync(HttpRequest request)
    {
        if (request.HttpContext.Features.Get<IFormFeature>()?.Form is { } known)
        {
            return known;
        }

        using var body = await ReadAsync(request);
        try
        {
            var fields = new FormPipeReader(PipeReader.Create(new ReadOnlySequence<byte>(body.Written)));
            return request.Form = new FormCollection(await fields.ReadFormAsync(request.HttpContext.RequestAborted));
        }
        catch (InvalidDataException malformed)
        {
            throw new RefusedException(Problem.MalformedBody($"The form can't be read: {malformed.Message}"));
        }
    }

    private static string? MediaTypeOf(HttpRequest request) =>
        MediaTypeHeaderValue.TryParse(request.ContentType, out var parsed)
            ? parsed.MediaType.Value?.ToLowerInvariant()
            : null;

    private static BadHttpRequestException TooLarge() =>
        new("The body is too large.", StatusCodes.Status413PayloadTooLarge);
}
