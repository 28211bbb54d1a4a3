using System.Text.Json;
using System.Text.Unicode;

namespace SignalBroker.Users;

/// <summary>Reads JSON objects that may have been made to be read in two ways.</summary>
internal static class StrictJson
{
    // 9998-12-31, which leaves room for the clock skew: there is no date after 9999.
    private const double LastSecond = 253_370_764_799;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Reads an object; false if it is not one, is not UTF-8 or has a member twice.</summary>
    public static bool TryReadObject(ReadOnlySpan<byte> bytes, out JsonElement read)
    {
        read = default;
        if (!Utf8.IsValid(bytes))
        {
            return false;
        }

        try
        {
            read = JsonElement.Parse(bytes, Options);
            return read.ValueKind == JsonValueKind.Object;
        }
        catch (Exception malformed) when (malformed is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    extension(JsonElement parent)
    {
        /// <summary>A member that is a text; null if it is missing, something else or broken.</summary>
        public string? Text(string member) => parent.TryGetProperty(member, out var value) ? TextOf(value) : null;

        /// <summary>A member that is a NumericDate (RFC 7519, section 2).</summary>
        /// <param name="time">Null if the member is missing.</param>
        /// <returns>Whether it is a NumericDate, or missing.</returns>
        public bool TryReadTime(string member, out DateTimeOffset? time)
        {
            time = null;
            if (!parent.TryGetProperty(member, out var value))
            {
                return true;
            }

            if (
                value.ValueKind != JsonValueKind.Number
                || !value.TryGetDouble(out var seconds)
                || seconds is not (>= 0 and <= LastSecond)
            )
            {
                return false;
            }

            time = DateTimeOffset.UnixEpoch.AddSeconds(seconds);
            return true;
        }
    }

    /// <summary>A value that is a text; null if it is something else or has half a surrogate pair.</summary>
    public static string? TextOf(JsonElement value)
    {
        try
        {
            return value.ValueKind == JsonValueKind.String ? value.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }
}
