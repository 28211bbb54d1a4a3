using System.Text.Json;
using System.Text.Unicode;

namespace SignalBroker.Users;

/// <summary>Reads JSON objects that somebody may have made to be read in two ways.</summary>
internal static class StrictJson
{
    // 9998-12-31, so that there is room for the clock skew: what comes after 9999 is no date.
    private const double LastSecond = 253_370_764_799;

    private static readonly JsonDocumentOptions Options = new() { AllowDuplicateProperties = false, MaxDepth = 16 };

    /// <summary>Reads an object; false when it is none, is not UTF-8 or names a member twice.</summary>
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
        /// <summary>A member that is a text; null when it is missing, something else or broken.</summary>
        public string? Text(string member) => parent.TryGetProperty(member, out var value) ? TextOf(value) : null;

        /// <summary>A member that is a NumericDate (RFC 7519, section 2).</summary>
        /// <param name="time">The time; null when the member is missing.</param>
        /// <returns>Whether it is one, or missing.</returns>
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

    /// <summary>A value that is a text; null when it is something else or holds half a surrogate pair.</summary>
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
