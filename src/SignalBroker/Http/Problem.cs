using System.Text.Encodings.Web;
using System.Text.Json;
using Microsoft.AspNetCore.WebUtilities;
using BadHttpRequestException = Microsoft.AspNetCore.Http.BadHttpRequestException;

namespace SignalBroker.Http;

/// <summary>An error answer: problem details (RFC 9457) with a stable <c>code</c> for programs.</summary>
internal sealed record Problem : IResult
{
    private const string TokenChallenge = "Bearer realm=\"signals\"";

    // Otherwise whoever reads an answer in a terminal would see each apostrophe as \u0027.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private readonly int status;
    private readonly string detail;

    private Problem(int status, string code, string detail) =>
        (this.status, Code, this.detail) = (status, code, detail);

    /// <summary>The credential is missing, unknown, expired or wrong; which of these is not said.</summary>
    public static Problem Unauthorized { get; } =
        Of(
            StatusCodes.Status401Unauthorized,
            "unauthorized",
            "A session's credential is needed: 'Authorization: Basic base64(listeningKey:passcode)'. It is good while the session lives."
        ) with
        {
            Challenge = Credential.Challenge,
        };

    /// <summary>No application has the service key.</summary>
    public static Problem WrongServiceKey { get; } =
        Of(StatusCodes.Status401Unauthorized, "service-key-invalid", "No application has this service key.") with
        {
            Challenge = ServiceKeys.Challenge,
        };

    /// <summary>The request needs an application's service key, and has none.</summary>
    public static Problem ServiceKeyMissing { get; } =
        Of(
            StatusCodes.Status401Unauthorized,
            "service-key-missing",
            "A backend's service key is needed: 'Authorization: ServiceKey …'."
        ) with
        {
            Challenge = ServiceKeys.Challenge,
        };

    /// <summary>The request body is neither JSON nor a form.</summary>
    public static Problem UnsupportedMediaType { get; } =
        Of(
            StatusCodes.Status415UnsupportedMediaType,
            "unsupported-media-type",
            "The body must be 'application/json' or 'application/x-www-form-urlencoded'."
        );

    /// <summary>The database does not answer.</summary>
    public static Problem DatabaseUnavailable { get; } =
        Of(
            StatusCodes.Status503ServiceUnavailable,
            "database-unavailable",
            "The sessions can't be read at the moment.",
            TimeSpan.FromSeconds(2)
        );

    /// <summary>The stable name, in kebab case.</summary>
    public string Code { get; }

    public TimeSpan? RetryAfter { get; private init; }

    // What WWW-Authenticate says.
    private string? Challenge { get; init; }

    private Action<Utf8JsonWriter>? WriteMore { get; init; }

    /// <summary>An error answer of any other kind.</summary>
    /// <param name="code">The stable name, in kebab case.</param>
    /// <param name="detail">One or two sentences for people.</param>
    /// <param name="retryAfter">When to try again; null if that is of no use.</param>
    public static Problem Of(int status, string code, string detail, TimeSpan? retryAfter = null) =>
        new(status, code, detail) { RetryAfter = retryAfter };

    /// <summary>The user has not proved who it is (RFC 6750, section 3).</summary>
    public static Problem MissingToken(string detail) =>
        Of(StatusCodes.Status401Unauthorized, "token-missing", detail) with
        {
            Challenge = TokenChallenge,
        };

    /// <summary>The user's token is not good, or no longer (RFC 6750, section 3.1).</summary>
    public static Problem InvalidToken(string code, string detail) =>
        Of(StatusCodes.Status401Unauthorized, code, detail) with
        {
            Challenge = $"{TokenChallenge}, error=\"invalid_token\", error_description=\"{detail}\"",
        };

    /// <summary>The body can't be read.</summary>
    public static Problem MalformedBody(string detail) => Of(StatusCodes.Status400BadRequest, "malformed-body", detail);

    /// <summary>A user id breaks the rule.</summary>
    public static Problem InvalidUserId(string member) =>
        Of(StatusCodes.Status400BadRequest, "invalid-user-id", $"'{member}' must have {UserId.Rule}.");

    /// <summary>A member has a wrong type or value.</summary>
    public static Problem InvalidMember(string member, string rule) =>
        Of(StatusCodes.Status400BadRequest, "invalid-member", $"'{member}' {rule}.");

    /// <summary>A member is none of the words that it may be.</summary>
    public static Problem InvalidWord(string member, params IReadOnlyList<string> words) =>
        InvalidMember(
            member,
            words.Count == 1
                ? $"must be '{words[0]}'"
                : $"must be '{string.Join("', '", words.SkipLast(1))}' or '{words[^1]}'"
        );

    /// <summary>Too many requests from one address or one session.</summary>
    public static Problem TooManyRequests(TimeSpan retryAfter) =>
        Of(StatusCodes.Status429TooManyRequests, "too-many-requests", "Too many requests; slow down.", retryAfter);

    /// <summary>A status that the framework chose, such as for a wrong method or an unknown path.</summary>
    public static Problem OfStatus(int status) =>
        status switch
        {
            StatusCodes.Status404NotFound => Of(status, "not-found", "There is nothing at this address."),
            StatusCodes.Status405MethodNotAllowed => Of(
                status,
                "method-not-allowed",
                "This address takes another method; see the 'Allow' header."
            ),
            StatusCodes.Status413PayloadTooLarge => Of(
                status,
                "payload-too-large",
                $"The body must not have more than {RequestBody.MaxBytes} bytes."
            ),
            StatusCodes.Status415UnsupportedMediaType => UnsupportedMediaType,
            StatusCodes.Status500InternalServerError => Of(
                status,
                "internal-error",
                "Something went wrong on the server; it has been logged."
            ),
            _ => Of(
                status,
                ReasonPhrases.GetReasonPhrase(status).ToLowerInvariant().Replace(' ', '-'),
                ReasonPhrases.GetReasonPhrase(status) + "."
            ),
        };

    /// <summary>What a request is answered that has ended with this exception.</summary>
    public static Problem OfFailure(Exception? failure) =>
        failure switch
        {
            RefusedException refused => refused.Problem,
            BadHttpRequestException bad => OfStatus(bad.StatusCode),
            { } away when DatabaseFailure.Is(away) => DatabaseUnavailable,
            _ => OfStatus(StatusCodes.Status500InternalServerError),
        };

    /// <summary>The same problem with further members.</summary>
    public Problem With(Action<Utf8JsonWriter> members) => this with { WriteMore = members };

    public async Task ExecuteAsync(HttpContext httpContext)
    {
        var response = httpContext.Response;
        response.StatusCode = status;
        response.ContentType = "application/problem+json";
        response.Headers.CacheControl = "no-store";
        if (RetryAfter is { } wait)
        {
            response.Headers.RetryAfter = SecondsOf(wait).ToString();
        }

        if (Challenge is not null)
        {
            response.Headers.WWWAuthenticate = Challenge;
        }

        await using var writer = new Utf8JsonWriter(response.BodyWriter, Writing);
        writer.WriteStartObject();
        Write(writer);
        if (httpContext.RequestServices.GetRequiredService<IOptions<ProblemOptions>>().Value.RepeatsDetail)
        {
            writer.WriteString("message"u8, detail);
        }

        writer.WriteEndObject();
    }

    /// <summary>Writes the members where there are no headers, with the time to wait (s).</summary>
    public void WriteWithRetryAfter(Utf8JsonWriter writer)
    {
        Write(writer);
        if (RetryAfter is { } wait)
        {
            writer.WriteNumber("retryAfter"u8, SecondsOf(wait));
        }
    }

    private void Write(Utf8JsonWriter writer)
    {
        writer.WriteString("type"u8, "about:blank"u8);
        writer.WriteString("title"u8, ReasonPhrases.GetReasonPhrase(status));
        writer.WriteNumber("status"u8, status);
        writer.WriteString("detail"u8, detail);
        writer.WriteString("code"u8, Code);
        WriteMore?.Invoke(writer);
    }

    private static int SecondsOf(TimeSpan wait) => Math.Max(1, (int)Math.Ceiling(wait.TotalSeconds));
}
