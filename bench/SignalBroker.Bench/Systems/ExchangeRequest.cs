using System.Text;
using SignalBroker.Storm.Clients;

namespace SignalBroker.Bench.Systems;

/// <summary>A call of <c>/exchange</c>, rendered once; for each signal only the addressee and the content are written.</summary>
public sealed class ExchangeRequest
{
    private const string BeforeAddressee = "{\"to\":\"";
    private const string BetweenThem = "\",\"content\":";

    private readonly byte[] rendered;
    private readonly int addresseeAt;
    private readonly int addresseeLength;
    private readonly int contentAt;
    private readonly int contentLength;

    /// <summary>Renders the call for addressees and contents of these lengths.</summary>
    public ExchangeRequest(Uri webapp, string authorization, string addressee, ReadOnlyMemory<byte> content)
    {
        byte[] body =
        [
            .. Encoding.ASCII.GetBytes(BeforeAddressee + addressee + BetweenThem),
            .. content.Span,
            (byte)'}',
        ];
        rendered = HttpRequests.RenderPost(webapp, "/exchange", authorization, "application/json", body);
        (addresseeLength, contentLength) = (addressee.Length, content.Length);
        addresseeAt = rendered.Length - body.Length + BeforeAddressee.Length;
        contentAt = addresseeAt + addresseeLength + BetweenThem.Length;
    }

    /// <summary>Whether a signal has the lengths of this call.</summary>
    public bool Fits(string addressee, ReadOnlyMemory<byte> content) =>
        addressee.Length == addresseeLength && content.Length == contentLength;

    /// <summary>The call for this signal; valid until the next one.</summary>
    public ReadOnlyMemory<byte> Render(string addressee, ReadOnlySpan<byte> content)
    {
        Encoding.ASCII.GetBytes(addressee, rendered.AsSpan(addresseeAt));
        content.CopyTo(rendered.AsSpan(contentAt));
        return rendered;
    }
}
