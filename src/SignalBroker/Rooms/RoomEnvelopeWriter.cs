using System.Text.Json;
using SignalBroker.Http;
using SignalBroker.Identity;
using SignalBroker.Signals;

namespace SignalBroker.Rooms;

/// <summary>Writes what a room's members receive.</summary>
internal sealed class RoomEnvelopeWriter(EnvelopeWriter envelopes)
{
    /// <summary>Writes the envelope of one signal; it is the same for every session that gets it.</summary>
    /// <returns>The envelope; the publisher disposes of it.</returns>
    public PooledBuffer Write(SignalId id, Sender sender, RoomAddress address, SignalRequest request)
    {
        var (buffer, writer) = EnvelopeWriter.Begin(id, request);
        if (address.Sender is { Anonymous: true } hidden)
        {
            // An object, because any text may be a user's id.
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

    /// <summary>Writes what the others may know of a member.</summary>
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
