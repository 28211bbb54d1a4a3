using System.Text;

namespace SignalBroker.Tests.Harness;

/// <summary>A frame of STOMP 1.2, as far as the tests need it.</summary>
public sealed record StompFrame(string Command, IReadOnlyDictionary<string, string> Headers, string Body)
{
    public string? this[string header] => Headers.GetValueOrDefault(header);

    public static string Write(string command, IEnumerable<(string Name, string Value)> headers, string body = "")
    {
        var text = new StringBuilder(command).Append('\n');
        foreach (var (name, value) in headers)
        {
            text.Append(name).Append(':').Append(value).Append('\n');
        }

        return text.Append('\n').Append(body).Append('\0').ToString();
    }

    public static StompFrame Read(string text)
    {
        var end = text.IndexOf("\n\n", StringComparison.Ordinal);
        var lines = text[..end].TrimStart('\n').Split('\n');
        var headers = new Dictionary<string, string>();
        foreach (var line in lines.Skip(1))
        {
            var colon = line.IndexOf(':');
            headers.TryAdd(Unescape(line[..colon]), Unescape(line[(colon + 1)..]));
        }

        return new(lines[0], headers, text[(end + 2)..].TrimEnd('\n').TrimEnd('\0'));
    }

    private static string Unescape(string text) =>
        text.Replace("\\c", ":").Replace("\\n", "\n").Replace("\\r", "\r").Replace("\\\\", "\\");
}
