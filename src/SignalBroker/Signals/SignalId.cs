using System.Runtime.InteropServices;
using System.Text.Json;

namespace SignalBroker.Signals;

/// <summary>A signal's id: the sender's, or one that the server makes.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly record struct SignalId
{
    private readonly string? given;
    private readonly Guid made;

    private SignalId(string? given, Guid made) => (this.given, this.made) = (given, made);

    /// <summary>The id of a signal that its sender may have named.</summary>
    public static SignalId Of(string? given) => new(given, given is null ? Guid.CreateVersion7() : default);

    public override string ToString() => given ?? made.ToString();

    /// <summary>Writes it as the member <c>id</c>; one that the server has made never becomes a string.</summary>
    public void WriteTo(Utf8JsonWriter writer)
    {
        if (given is null)
        {
            writer.WriteString("id"u8, made);
        }
        else
        {
            writer.WriteString("id"u8, given);
        }
    }
}
