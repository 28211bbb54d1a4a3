using System.Buffers.Text;
using System.Text;
using SignalBroker.Storm.Clients;

namespace SignalBroker.Storm.Workers;

/// <summary>One sender's request to <c>/exchange</c>, in which only digits change from signal to signal.</summary>
/// <remarks>The content is <c>"storm:&lt;number&gt;:&lt;due&gt;:xxx…"</c>, both as fixed numbers of hexadecimal digits.</remarks>
/// <param name="payload">How many bytes the content is to have.</param>
internal sealed class SignalText(Uri server, Device sender, int payload)
{
    /// <summary>The shortest content that has room for what must be in it.</summary>
    public const int Shortest = 40;

    private const string Start = "\"storm:";
    private const int NumberDigits = 8;
    private const int DueDigits = 16;
    private const int DueAt = NumberDigits + 1;

    private readonly ExchangeRequest request = new(
        server,
        sender.Authorization,
        sender.Session.UserId,
        Encoding.ASCII.GetBytes(
            $"{Start}{new string('0', NumberDigits)}:{new string('0', DueDigits)}:".PadRight(payload - 1, 'x') + '"'
        )
    );

    private static ReadOnlySpan<byte> Marker => "\"content\":\"storm:"u8;

    /// <summary>The request for one signal; valid until the next.</summary>
    public ReadOnlyMemory<byte> For(string userId, int signal, long dueAt)
    {
        var digits = request.Content[Start.Length..];
        Utf8Formatter.TryFormat(signal, digits, out _, new('x', NumberDigits));
        Utf8Formatter.TryFormat(dueAt, digits[DueAt..], out _, new('x', DueDigits));
        return request.To(userId);
    }

    /// <summary>Reads an envelope; false when its content is not one of these.</summary>
    public static bool TryRead(ReadOnlySpan<byte> envelope, out int signal, out long dueAt)
    {
        (signal, dueAt) = (0, 0);
        var at = envelope.IndexOf(Marker);
        return at >= 0
            && Utf8Parser.TryParse(envelope[(at + Marker.Length)..], out signal, out int digits, 'x')
            && digits == NumberDigits
            && Utf8Parser.TryParse(envelope[(at + Marker.Length + DueAt)..], out dueAt, out digits, 'x')
            && digits == DueDigits;
    }
}
