using System.Text.Json.Serialization;
using SignalBroker.Health;
using SignalBroker.Inbox;
using SignalBroker.Nodes;
using SignalBroker.Presence;
using SignalBroker.Push;
using SignalBroker.Rooms;
using SignalBroker.Sessions;
using SignalBroker.Signals;
using SignalBroker.StrangeBehaviors;
using SignalBroker.Turn;

namespace SignalBroker.Http;

/// <summary>How everything that goes over HTTP is written as JSON.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    GenerationMode = JsonSourceGenerationMode.Default,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull
)]
[JsonSerializable(typeof(string))]
[JsonSerializable(typeof(ConnectRequest))]
[JsonSerializable(typeof(ConnectAnswer))]
[JsonSerializable(typeof(ExchangeRequestSchema))]
[JsonSerializable(typeof(ExchangeAnswerSchema))]
[JsonSerializable(typeof(CreateRoomRequest))]
[JsonSerializable(typeof(JoinRoomRequest))]
[JsonSerializable(typeof(RoomAnswer))]
[JsonSerializable(typeof(IReadOnlyList<RoomAnswer>))]
[JsonSerializable(typeof(MembersAnswer))]
[JsonSerializable(typeof(RoomReached))]
[JsonSerializable(typeof(IceServersAnswer))]
[JsonSerializable(typeof(InboxAnswerSchema))]
[JsonSerializable(typeof(SettleRequestSchema))]
[JsonSerializable(typeof(SettleAnswer))]
[JsonSerializable(typeof(PushKeyAnswer))]
[JsonSerializable(typeof(SubscriptionRequest))]
[JsonSerializable(typeof(UnsubscriptionRequest))]
[JsonSerializable(typeof(PushSubscriptionsAnswer))]
[JsonSerializable(typeof(UsersAnswer))]
[JsonSerializable(typeof(PresenceReport))]
[JsonSerializable(typeof(PresenceAnswerSchema))]
[JsonSerializable(typeof(PresenceRequest))]
[JsonSerializable(typeof(SubscriptionsAnswer))]
[JsonSerializable(typeof(IEnumerable<NodeReport>))]
[JsonSerializable(typeof(IEnumerable<StrangeBehavior>))]
[JsonSerializable(typeof(HealthReport))]
[JsonSerializable(typeof(ProblemSchema))]
public sealed partial class HttpJson : JsonSerializerContext;
