namespace SignalBroker.Client.Http;

/// <summary>Ids, which may be any text, in paths.</summary>
internal static class PathSegment
{
    /// <summary>An id as one segment of a path.</summary>
    /// <param name="id">The id.</param>
    /// <param name="nobody">
    /// The code for what no address can hold there: <see cref="Uri"/> takes <c>.</c> and <c>..</c> for steps in the path,
    /// however they are written. The server gives no such ids.
    /// </param>
    /// <exception cref="ServerRefusedException">No address can hold it.</exception>
    public static string Of(string id, string nobody)
    {
        ArgumentException.ThrowIfNullOrEmpty(id);
        return id is "." or ".."
            ? throw ServerRefusedException.Of(new(404, nobody, $"Nothing is called '{id}' there."))
            : Uri.EscapeDataString(id);
    }
}
