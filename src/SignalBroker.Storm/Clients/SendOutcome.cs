using System.Runtime.InteropServices;
using System.Text.Json;
using SignalBroker.Client;

namespace SignalBroker.Storm.Clients;

/// <summary>What the server said of one signal.</summary>
/// <param name="Queued">How many of the addressee's sessions have it queued.</param>
/// <param name="Code">Null when all went well; otherwise the problem's code, or the outcome that was not <c>queued</c>.</param>
/// <param name="RetryAfter">How long the server wants to be left alone; null when it does not say.</param>
[StructLayout(LayoutKind.Auto)]
public readonly record struct SendOutcome(int Status, int Queued, string? Code, TimeSpan? RetryAfter)
{
    /// <summary>What a client was told.</summary>
    public static SendOutcome Of(Sent sent)
    {
        var queued = sent.Sessions.Count(delivery => delivery.Outcome == Outcome.Queued);
        var code =
            queued == sent.Sessions.Count ? null
            : sent.Sessions.Any(delivery => delivery.Outcome == Outcome.Overloaded) ? "overloaded"
            : sent.Sessions.Any(delivery => delivery.Outcome == Outcome.Unknown) ? "unknown"
            : "not-listening";
        return new(200, queued, code, null);
    }

    /// <summary>Reads the answer to <c>POST /exchange</c>.</summary>
    public static SendOutcome Read(HttpAnswer answer)
    {
        if (answer.Status != 200)
        {
            return new(answer.Status, 0, ProblemCodeOf(answer), answer.RetryAfter);
        }

        // Names can't hold a quotation mark, so this text is only where it means what it says.
        var body = answer.Body.Span;
        var queued = body.Count("\"outcome\":\"queued\""u8);
        var code =
            body.Count("\"outcome\":\""u8) == queued ? null
            : body.IndexOf("\"outcome\":\"overloaded\""u8) >= 0 ? "overloaded"
            : body.IndexOf("\"outcome\":\"unknown\""u8) >= 0 ? "unknown"
            : "not-listening";
        return new(200, queued, code, null);
    }

    // The code of an error answer (RFC 9457); a proxy's own answer has none.
    private static string ProblemCodeOf(HttpAnswer answer)
    {
        try
        {
            using var problem = JsonDocument.Parse(answer.Body);
            return problem.RootElement.GetProperty("code").GetString()!;
        }
        catch (Exception foreign) when (foreign is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            return $"http-{answer.Status}";
        }
    }
}
