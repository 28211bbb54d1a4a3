using System.Text.Json;
using SignalBroker.Signals;

namespace SignalBroker.Rooms;

/// <summary>Writes the envelopes that a room's members receive.</summary>
internal sealed class RoomEnvelopeWriter(EnvelopeWriter envelopes)
{
    /// <summary>The envelope of a signal, the same for every recipient; the publisher disposes of it.</summary>
    public PooledBuffer Write(SignalId id, Sender sender, RoomAddress address, SignalRequest request)
    {
        var (buffer, writer) = EnvelopeWriter.Begin(id, request);
        if (address.Sender is { Anonymous: true } hidden)
        {
            // An object, because any string may be a user's id.
            writer.WriteStartObject("from"u8);
            WriteMember(writer, hidden);
            writer.WriteEndObject();
        }
        else
        {
            envelopes.WriteFrom(writer, sender);
        }

        if (address.Sender is { } member)
        {
            writer.WriteString("fromMember"u8, member.MemberId);
        }

        writer.WriteString("room"u8, request.ToRoom);
        if (request.ToMember is not null)
        {
            writer.WriteString("toMember"u8, request.ToMember);
        }

        envelopes.End(writer, request);
        return buffer;
    }

    /// <summary>Writes what other members may know about a member.</summary>
    public static void WriteMember(Utf8JsonWriter writer, RoomMember member)
    {
        writer.WriteString("member"u8, member.MemberId);
        if (member.Alias is not null)
        {
            writer.WriteString("alias"u8, member.Alias);
        }

        if (!member.Anonymous)
        {
            writer.WriteString("userId"u8, member.UserId);
        }
    }
}
