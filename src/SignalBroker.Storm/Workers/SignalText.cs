using System.Buffers.Text;
using System.Text;
using SignalBroker.Storm.Clients;

namespace SignalBroker.Storm.Workers;

/// <summary>One sender's request to <c>/exchange</c>, in which only digits change from signal to signal.</summary>
/// <remarks>The content is <c>"storm:&lt;number&gt;:&lt;due&gt;:xxx…"</c>, both as fixed numbers of hexadecimal digits.</remarks>
internal sealed class SignalText
{
    /// <summary>The shortest content that has room for what must be in it.</summary>
    public const int Shortest = 40;

    private const int NumberDigits = 8;
    private const int DueDigits = 16;
    private readonly byte[] request;
    private readonly int addressee;
    private readonly int number;
    private readonly int due;

    /// <summary>Renders it for a sender.</summary>
    /// <param name="payload">How many bytes the content shall have.</param>
    public SignalText(Uri server, Device sender, int payload)
    {
        var start = $"storm:{new string('0', NumberDigits)}:{new string('0', DueDigits)}:";
        var body =
            $$"""{"to":"{{sender.Session.UserId}}","content":"{{start}}{{new string('x', payload - start.Length - 2)}}"}""";
        request = HttpRequests.RenderPost(
            server,
            "/exchange",
            sender.Authorization,
            "application/json",
            Encoding.ASCII.GetBytes(body)
        );
        addressee = request.AsSpan().IndexOf("{\"to\":\""u8) + 7;
        number = request.AsSpan().IndexOf(Marker) + Marker.Length;
        due = number + NumberDigits + 1;
    }

    private static ReadOnlySpan<byte> Marker => "\"content\":\"storm:"u8;

    /// <summary>The request for one signal; valid until the next.</summary>
    public ReadOnlyMemory<byte> For(string userId, int signal, long dueAt)
    {
        Encoding.ASCII.GetBytes(userId, request.AsSpan(addressee));
        Utf8Formatter.TryFormat(signal, request.AsSpan(number), out _, new('x', NumberDigits));
        Utf8Formatter.TryFormat(dueAt, request.AsSpan(due), out _, new('x', DueDigits));
        return request;
    }

    /// <summary>Reads an envelope; false when its content is none of these.</summary>
    public static bool TryRead(ReadOnlySpan<byte> envelope, out int signal, out long dueAt)
    {
        (signal, dueAt) = (0, 0);
        var at = envelope.IndexOf(Marker);
        return at >= 0
            && Utf8Parser.TryParse(envelope[(at + Marker.Length)..], out signal, out int digits, 'x')
            && digits == NumberDigits
            && Utf8Parser.TryParse(envelope[(at + Marker.Length + NumberDigits + 1)..], out dueAt, out digits, 'x')
            && digits == DueDigits;
    }
}
