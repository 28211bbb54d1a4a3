using System.Text;

namespace SignalBroker.Storm.Clients;

/// <summary>A call of <c>/exchange</c>, rendered once; for each signal only the addressee and the content are written.</summary>
public sealed class ExchangeRequest
{
    private const string BeforeAddressee = "{\"to\":\"";
    private const string BetweenThem = "\",\"content\":";

    private readonly byte[] rendered;
    private readonly Range addressee;
    private readonly Range content;

    /// <summary>Renders the call for addressees and contents of these lengths.</summary>
    public ExchangeRequest(Uri webapp, string authorization, string addressee, ReadOnlySpan<byte> content)
    {
        byte[] body = [.. Encoding.ASCII.GetBytes(BeforeAddressee + addressee + BetweenThem), .. content, (byte)'}'];
        rendered = HttpRequests.RenderPost(webapp, "/exchange", authorization, "application/json", body);
        var addresseeAt = rendered.Length - body.Length + BeforeAddressee.Length;
        var contentAt = addresseeAt + addressee.Length + BetweenThem.Length;
        this.addressee = addresseeAt..(addresseeAt + addressee.Length);
        this.content = contentAt..(contentAt + content.Length);
    }

    /// <summary>The content, to be written over in the same length.</summary>
    public Span<byte> Content => rendered.AsSpan(content);

    /// <summary>Whether a signal has the lengths of this call.</summary>
    public bool Fits(string user, ReadOnlySpan<byte> signal) =>
        user.Length == rendered.AsSpan(addressee).Length && signal.Length == Content.Length;

    /// <summary>The call for this addressee; valid until the next one.</summary>
    public ReadOnlyMemory<byte> To(string user)
    {
        Encoding.ASCII.GetBytes(user, rendered.AsSpan(addressee));
        return rendered;
    }
}
