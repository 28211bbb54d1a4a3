using System.Runtime.InteropServices;
using System.Text.Json;
using SignalBroker.Signals;

namespace SignalBroker.Exchange;

/// <summary>Several signals in one request, as a JSON array, each of which is answered by itself.</summary>
internal sealed class SignalBatch(SignalExchange exchange, TimeToLiveLimits longest)
{
    /// <summary>How many signals one request may have.</summary>
    public const int MaxSignals = 64;

    /// <summary>Whether the body is an array.</summary>
    public static bool Is(ReadOnlySpan<byte> body) => body.TrimStart(" \t\r\n"u8) is [(byte)'[', ..];

    /// <summary>Sends the signals in their order.</summary>
    /// <param name="body">The array.</param>
    /// <param name="judge">Says why a signal must not be sent; null if it may.</param>
    /// <returns>What became of each.</returns>
    /// <exception cref="RefusedException">It is no array of one to <see cref="MaxSignals"/> values; then nothing was sent.</exception>
    public async Task<IReadOnlyList<SignalAnswer>> SendAsync(
        Sender sender,
        ReadOnlyMemory<byte> body,
        Func<SignalRequest, Problem?> judge
    )
    {
        var elements = Split(body);
        var answers = new SignalAnswer[elements.Count];
        var signals = new List<(int Number, SignalRequest Signal)>(elements.Count);
        Problem? tooMany = null;
        for (var number = 0; number < elements.Count; number++)
        {
            try
            {
                var signal = SignalReader.ReadJson(elements[number], longest);
                // A smaller one must not overtake what was too much, and will be sent again.
                if ((tooMany ?? judge(signal)) is { } problem)
                {
                    tooMany ??= problem.RetryAfter is null ? null : problem;
                    answers[number] = new(signal.Id, Exchanged: null, problem);
                }
                else
                {
                    signals.Add((number, signal));
                }
            }
            catch (RefusedException refused)
            {
                answers[number] = new(SignalReader.FindId(elements[number].Span), Exchanged: null, refused.Problem);
            }
        }

        var sending = exchange.Begin(sender);
        var pending = new Task<SignalAnswer>[signals.Count];
        for (var number = 0; number < pending.Length; number++)
        {
            pending[number] = AnswerAsync(signals[number].Signal, await sending.SendAsync(signals[number].Signal));
        }

        for (var number = 0; number < pending.Length; number++)
        {
            answers[signals[number].Number] = await pending[number];
        }

        return answers;
    }

    private static async Task<SignalAnswer> AnswerAsync(SignalRequest signal, Task<Exchanged> sending)
    {
        try
        {
            var exchanged = await sending;
            return new(signal.Id, exchanged, exchanged.Failure);
        }
        catch (RefusedException refused)
        {
            return new(signal.Id, Exchanged: null, refused.Problem);
        }
        catch (Exception failure) when (DatabaseFailure.Is(failure))
        {
            return new(signal.Id, Exchanged: null, Problem.DatabaseUnavailable);
        }
    }

    private static List<ReadOnlyMemory<byte>> Split(ReadOnlyMemory<byte> body)
    {
        var elements = new List<ReadOnlyMemory<byte>>();
        try
        {
            var reader = new Utf8JsonReader(body.Span, new JsonReaderOptions { MaxDepth = JsonBody.MaxDepth });
            reader.Read();
            while (reader.Read() && reader.TokenType != JsonTokenType.EndArray)
            {
                var start = (int)reader.TokenStartIndex;
                reader.Skip();
                elements.Add(body[start..(int)reader.BytesConsumed]);
            }

            // Nothing but white space may follow.
            while (reader.Read()) { }
        }
        catch (JsonException malformed)
        {
            throw JsonBody.Malformed(body.Span, malformed);
        }

        return elements.Count is > 0 and <= MaxSignals
            ? elements
            : throw new RefusedException(Problem.MalformedBody($"An array must hold 1 to {MaxSignals} signals."));
    }
}

/// <summary>What the sender of one of several signals is told.</summary>
/// <param name="Id">The sender's own name for it, as far as it could be read.</param>
/// <param name="Exchanged">What became of it; null if it was not sent.</param>
/// <param name="Problem">Why it was not sent, or reached nobody; null if it may have reached somebody.</param>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SignalAnswer(string? Id, Exchanged? Exchanged, Problem? Problem)
{
    /// <summary>Writes it as an object: an outcome, or problem details.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        if (Problem is null)
        {
            Exchanged!.WriteTo(writer);
        }
        else
        {
            if (Exchanged is null && Id is not null)
            {
                writer.WriteString("id"u8, Id);
            }

            Problem.WriteWithRetryAfter(writer);
        }

        writer.WriteEndObject();
    }
}
