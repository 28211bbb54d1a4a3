using System.Text.Json;

namespace SignalBroker.Client.Http;

/// <summary>What the server tells a client of its session: the content of a <c>session</c> envelope.</summary>
internal sealed record SessionEvent(string? Event)
{
    /// <summary>In milliseconds: how long the session has to move.</summary>
    public double Within { get; init; }

    /// <summary>Why it was ended.</summary>
    public string? Reason { get; init; }

    /// <summary>Which webapp sends nothing more to the session.</summary>
    public string By { get; init; } = "";

    /// <summary>How many webapps there are.</summary>
    public int Of { get; init; }

    /// <summary>Reads one; null for what only a newer server can mean.</summary>
    public static SessionEvent? Read(JsonElement content)
    {
        try
        {
            return content.Deserialize(ApiJson.Default.SessionEvent);
        }
        catch (JsonException)
        {
            return null;
        }
    }
}
