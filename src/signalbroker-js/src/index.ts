/// <reference lib="dom" preserve="true" />
/// <reference lib="es2018.asynciterable" preserve="true" />
// The types of WebRTC are the browsers', also where a program for Node.js is compiled without them.
export { connect } from "./connect.js";
export { SignalBrokerError, type ErrorCode, type ErrorDetails } from "./base/errors.js";
export type { SignalBrokerClient } from "./signalBrokerClient.js";
export type { ConnectOptions } from "./options.js";
export type { PushClient, PushOptions } from "./push/push.js";
export type { Signal } from "./base/envelope.js";
export type { Unsubscribe } from "./base/emitter.js";
export type { Place } from "./listening/place.js";
export type { Interruption, ListensBy, Protocol, SessionInfo, State } from "./listening/state.js";
export type { TokenSource } from "./listening/tokens.js";
export type { Delivery, Outcome } from "./base/delivery.js";
export type { Addressee, SendOptions, Sent } from "./sending/signal.js";
export type { Listen } from "./listening/choice.js";
export type { OpenSocket } from "./transports/stomp.js";
export type { Call, CallEnd, CallState } from "./calls/call.js";
export type { IncomingCall, RingEnd } from "./calls/incoming.js";
export type { CallMedia, CallOptions, CallsOptions } from "./calls/options.js";
export type { InboxClient, InboxOptions, InboxStorage, Receipt, Recovery } from "./inbox/options.js";
export type { KnownUser, Presence, PresenceClient, PresenceState, PresentDevice } from "./presence/options.js";
export type { Member, MembersChange } from "./rooms/members.js";
export type {
  JoinOptions,
  MemberOptions,
  RoomEnd,
  RoomKind,
  RoomOptions,
  RoomSendOptions,
  RoomSent,
} from "./rooms/options.js";
export type { Room } from "./rooms/room.js";
export type { RoomsClient } from "./rooms/rooms.js";
