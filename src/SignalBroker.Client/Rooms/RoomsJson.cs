using System.Text.Json.Serialization;
using SignalBroker.Client.Http;

namespace SignalBroker.Client;

[JsonSourceGenerationOptions(
    Converters = [typeof(Word<RoomKind>), typeof(Word<RoomEvent>)],
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(CreateRoomRequest))]
[JsonSerializable(typeof(JoinRoomRequest))]
[JsonSerializable(typeof(RoomAnswer[]))]
[JsonSerializable(typeof(MembersAnswer))]
[JsonSerializable(typeof(ToldChange))]
internal sealed partial class RoomsJson : JsonSerializerContext;
