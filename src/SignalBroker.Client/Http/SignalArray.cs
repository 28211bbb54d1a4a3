using System.Text.Json;

namespace SignalBroker.Client.Http;

/// <summary>Several signals in one request to <c>/exchange</c>: a JSON array, each of which is answered by itself.</summary>
internal static class SignalArray
{
    public const int MaxSignals = 64;
    public const int MaxBytes = 64 * 1024;

    /// <summary>How long an array is with one more signal; without it, it has so many bytes, or 0 while it is none.</summary>
    public static int SizeWith(int bytes, ReadOnlyMemory<byte> signal) => (bytes == 0 ? 2 : bytes + 1) + signal.Length;

    public static ReadOnlyMemory<byte> Write(IReadOnlyList<ReadOnlyMemory<byte>> signals)
    {
        var array = new byte[signals.Aggregate(0, SizeWith)];
        var end = 0;
        foreach (var signal in signals)
        {
            array[end] = (byte)(end == 0 ? '[' : ',');
            signal.CopyTo(array.AsMemory(end + 1));
            end += 1 + signal.Length;
        }

        array[end] = (byte)']';
        return array;
    }

    /// <summary>What became of a signal: an outcome, or problem details.</summary>
    /// <exception cref="JsonException">It is neither.</exception>
    public static SignalAnswer Read(JsonElement answer) =>
        answer.ValueKind == JsonValueKind.Object && answer.TryGetProperty("status", out _)
            ? new(null, answer.Deserialize(ApiJson.Default.Problem)!.ToRefusal())
            : new(answer.Deserialize(ApiJson.Default.ExchangeAnswer) ?? throw new JsonException(), null);
}

/// <summary>What became of one of several signals: it has an answer, or has failed; or neither, if it was not sent.</summary>
internal readonly record struct SignalAnswer(ExchangeAnswer? Answer, SignalBrokerException? Failure);
