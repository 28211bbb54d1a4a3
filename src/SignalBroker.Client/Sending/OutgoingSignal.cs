using System.Text.Json;
using SignalBroker.Client.Http;

namespace SignalBroker.Client.Sending;

/// <summary>A signal on its way out, as <c>/exchange</c> and the socket take it.</summary>
internal sealed class OutgoingSignal : IDisposable
{
    private const int RoomForTheRest = 512;

    private readonly PooledBuffer body;

    private OutgoingSignal(Addressee to, string id, TimeSpan? timeToLive, PooledBuffer body)
    {
        (To, Id, TimeToLive) = (to, id, timeToLive);
        this.body = body;
    }

    public Addressee To { get; }

    public string Id { get; }

    public TimeSpan? TimeToLive { get; }

    /// <summary>The request's body, good for any number of tries.</summary>
    public ReadOnlyMemory<byte> Body => body.Written;

    /// <summary>Writes the body, with whatever content the last argument writes.</summary>
    public static OutgoingSignal Write(
        Addressee to,
        SendOptions? options,
        TimeProvider time,
        Action<Utf8JsonWriter> writeContent
    )
    {
        ArgumentException.ThrowIfNullOrEmpty(to.Name, nameof(to));
        if (options?.ToMember is not null && to.Kind != AddresseeKind.Room)
        {
            throw new ArgumentException($"{nameof(SendOptions.ToMember)} goes with a room.", nameof(options));
        }

        var id = options?.Id ?? Guid.CreateVersion7(time.GetUtcNow()).ToString();
        var buffer = new PooledBuffer(RoomForTheRest);
        // Its own: the content's serializer is foreign code, which may send a signal itself.
        using var writer = buffer.NewJsonWriter();
        writer.WriteStartObject();
        WriteAddressee(writer, to);
        writer.WriteString("id"u8, id);
        if (options?.Type is { } type)
        {
            writer.WriteString("type"u8, type);
        }

        if (options?.TimeToLive is { } timeToLive)
        {
            writer.WriteNumber("timeToLive"u8, (long)timeToLive.TotalMilliseconds);
        }

        if (options is not null)
        {
            WriteStoring(writer, options);
        }

        writer.WritePropertyName("content"u8);
        writeContent(writer);
        writer.WriteEndObject();
        writer.Flush();
        return new(to, id, options?.TimeToLive, buffer);
    }

    private static void WriteAddressee(Utf8JsonWriter writer, Addressee to)
    {
        writer.WriteString(
            to.Kind switch
            {
                AddresseeKind.Room => "toRoom"u8,
                AddresseeKind.Session => "toSession"u8,
                _ => "to"u8,
            },
            to.Name
        );
        if (to.Part is not null)
        {
            writer.WriteString(to.Kind == AddresseeKind.Room ? "toMember"u8 : "device"u8, to.Part);
        }
    }

    private static void WriteStoring(Utf8JsonWriter writer, SendOptions options)
    {
        if (options.Store != Storing.Never)
        {
            writer.WriteString("store"u8, options.Store == Storing.Always ? "always"u8 : "ifOffline"u8);
        }

        if (options.Receipt)
        {
            writer.WriteString("receipt"u8, "delivered"u8);
        }
    }

    /// <summary>Gives the body's memory back; only when no request can read it any more.</summary>
    public void Dispose() => body.Dispose();
}
