using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace SignalBroker.Client.Sending;

/// <summary>A signal on its way out, whose body is the JSON that <c>/exchange</c> and the socket take.</summary>
internal sealed record OutgoingSignal(Addressee To, string Id, TimeSpan? TimeToLive, ReadOnlyMemory<byte> Body)
{
    private const int UsualSize = 512;

    // What is written goes into a JSON parser and never into a page's markup.
    private static readonly JsonWriterOptions Writing = new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };

    private static readonly SendOptions Defaults = new();

    /// <summary>Writes the body, with whatever content the last argument writes.</summary>
    public static OutgoingSignal Write(
        Addressee to,
        SendOptions? options,
        TimeProvider time,
        Action<Utf8JsonWriter> writeContent
    )
    {
        options ??= Defaults;
        ArgumentException.ThrowIfNullOrEmpty(to.Name, nameof(to));
        if (options.ToMember is not null && to.Kind != AddresseeKind.Room)
        {
            throw new ArgumentException($"{nameof(SendOptions.ToMember)} goes with a room.", nameof(options));
        }

        var id = options.Id ?? Guid.CreateVersion7(time.GetUtcNow()).ToString();
        var body = new ArrayBufferWriter<byte>(UsualSize);
        using var writer = new Utf8JsonWriter(body, Writing);
        writer.WriteStartObject();
        WriteAddressee(writer, to);
        writer.WriteString("id"u8, id);
        WriteOptions(writer, options);
        writer.WritePropertyName("content"u8);
        writeContent(writer);
        writer.WriteEndObject();
        writer.Flush();
        return new(to, id, options.TimeToLive, body.WrittenMemory);
    }

    private static void WriteAddressee(Utf8JsonWriter writer, Addressee to)
    {
        var (name, part) = to.Kind switch
        {
            AddresseeKind.Room => ("toRoom", "toMember"),
            AddresseeKind.Session => ("toSession", ""),
            _ => ("to", "device"),
        };
        writer.WriteString(name, to.Name);
        if (to.Part is not null)
        {
            writer.WriteString(part, to.Part);
        }
    }

    private static void WriteOptions(Utf8JsonWriter writer, SendOptions options)
    {
        if (options.Type is not null)
        {
            writer.WriteString("type"u8, options.Type);
        }

        if (options.TimeToLive is { } timeToLive)
        {
            writer.WriteNumber("timeToLive"u8, (long)timeToLive.TotalMilliseconds);
        }

        if (options.Store != Storing.Never)
        {
            writer.WriteString("store"u8, options.Store == Storing.Always ? "always"u8 : "ifOffline"u8);
        }

        if (options.Receipt)
        {
            writer.WriteString("receipt"u8, "delivered"u8);
        }
    }
}
