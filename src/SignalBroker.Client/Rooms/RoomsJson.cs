using System.Text.Json.Serialization;

namespace SignalBroker.Client;

/// <summary>What the server and this library say to each other about rooms as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(CreateRoomRequest))]
[JsonSerializable(typeof(JoinRoomRequest))]
[JsonSerializable(typeof(RoomAnswer[]))]
[JsonSerializable(typeof(MembersAnswer))]
[JsonSerializable(typeof(ToldChange))]
internal sealed partial class RoomsJson : JsonSerializerContext;
