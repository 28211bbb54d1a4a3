// What the tests do in a page: everything here is global for them.
import { connect } from "signalbroker";
import { listen } from "/examples/simplePeer.js";

/** Every WebSocket and the path of every request to the webapp, and of those that got no answer, newest last. */
const sockets = [];
const requests = [];
const failures = [];
/** What the client has told: its states, the signals, the calls that were answered here or there, what rang. */
const states = [];
const signals = [];
const calls = [];
const rings = [];
/** What was said in the room. */
const heard = [];
/** The session that was opened last, its passcode included. */
let session;

/** Why changes of a call were refused. */
const refusals = [];

/**
 * The kind of a call's signal after which the socket is cut, the one that is held back before it is sent, and the one
 * that a gateway refuses.
 */
const trap = { cutAfter: undefined, holdBefore: undefined, isHolding: false, release: () => undefined, refuse: undefined };

function openSocket(address, protocols) {
  // A path that takes no upgrade, as where something in between refuses all of them, or those of one protocol.
  const isBlocked = globalThis.blocksSockets || protocols.includes(globalThis.blockedProtocol);
  const socket = new WebSocket(isBlocked ? `ws://${location.host}/` : (globalThis.detour ?? address), protocols);
  sockets.push(socket);
  return socket;
}

async function tappedFetch(url, init) {
  const path = new URL(url).pathname;
  requests.push(path);
  const contents = path === "/exchange" ? [JSON.parse(init.body)].flat().map(({ content }) => content) : [];
  const has = (kind) => kind !== undefined && contents.some((content) => content?.kind === kind);
  if (has(trap.holdBefore)) {
    trap.holdBefore = undefined;
    trap.isHolding = true;
    await new Promise((resolve) => (trap.release = resolve));
  }
  // It refuses what is large: candidates that come by themselves are not.
  const isSmall = contents.every((content) => content?.candidates && !content.description);
  if (has(trap.refuse) && !isSmall) {
    return new Response("<h1>Request Entity Too Large</h1>", { status: 413 });
  }
  const isBlocked = path === globalThis.blockedPath;
  const response = await (isBlocked ? Promise.reject(new TypeError("blocked")) : fetch(url, init)).catch((error) => {
    failures.push(path);
    throw error;
  });
  if (path === "/connect" && response.ok) {
    const answer = await response.json();
    session = { ...answer, url: new URL("/", url).origin };
    return Response.json(globalThis.blocksUdp ? withoutUdp(answer) : answer);
  }
  if (has(trap.cutAfter)) {
    trap.cutAfter = undefined;
    sockets.at(-1).close();
  }
  return response;
}

/** As in a network that lets TURN through over TCP alone. */
function withoutUdp({ iceServers, ...answer }) {
  const overTcp = ({ urls }) => urls.filter((address) => address.endsWith("transport=tcp"));
  const servers = iceServers.map((server) => ({ ...server, urls: overTcp(server) }));
  return { ...answer, iceServers: servers.filter(({ urls }) => urls.length > 0) };
}

async function start(url, userId, options) {
  globalThis.began = performance.now();
  globalThis.me = await connect({
    url,
    ...(userId === null ? {} : { userId }),
    openSocket,
    fetch: tappedFetch,
    onState: (state) => states.push(state.by ? `${state.name} by ${state.by}` : state.name),
    ...options,
  });
  me.onSignal((signal) => signals.push(signal));
}

/** What the webapp says of the user's inbox. */
async function inbox() {
  const { listeningKey, passcode } = session;
  const headers = { Authorization: `Basic ${btoa(`${listeningKey}:${passcode}`)}` };
  return (await fetch(`${session.url}/inbox`, { headers })).json();
}

/** Listens in a room. */
function enter(room) {
  heard.length = 0;
  globalThis.room = room;
  room.signals = [];
  room.onSignal((signal) => {
    room.signals.push(signal);
    heard.push(signal.content);
  });
}

const namesIn = ({ members }) => members.map(({ userId, alias }) => userId ?? alias).join();

/** Camera and microphone, or what is asked for. */
const media = (what = { audio: true, video: true }) => navigator.mediaDevices.getUserMedia(what);

/** Takes every call that comes in, with its own picture and sound if the caller has some. */
function acceptAll() {
  me.onCall(async (incoming) => {
    rings.push(incoming);
    const { audio, video } = incoming.media;
    calls.push(await incoming.accept(audio || video ? { media: await media({ audio, video }) } : {}));
  });
}

/** Lets every call ring until the test decides. */
const ring = () => void me.onCall((incoming) => void rings.push(incoming));

/** Calls, and waits until both are connected; options.video brings camera and microphone. */
async function call(userId, { video, ...options } = {}) {
  const made = await me.call(userId, video ? { ...options, media: await media() } : options);
  calls.push(made);
  await made.connected;
  return made.id;
}

/** The call with this id, or the newest one. */
const callOf = (id) => me.calls.filter((one) => id === undefined || one.id === id).at(-1);

/** Repeats over a channel what the other end says. */
async function echo(id) {
  const channel = await callOf(id).channel();
  channel.onmessage = ({ data }) => channel.send(`${me.userId} heard ${data}`);
}

/** Says something over a channel, and returns the answer. */
async function say(words, id) {
  const channel = await callOf(id).channel();
  const answer = new Promise((resolve) => (channel.onmessage = ({ data }) => resolve(data)));
  channel.send(words);
  return answer;
}

/** How many incoming video tracks have really been decoded. */
async function decodedVideos(id) {
  const stats = [...(await callOf(id).connection.getStats()).values()];
  return stats.filter(({ type, kind, framesDecoded }) => type === "inbound-rtp" && kind === "video" && framesDecoded > 5)
    .length;
}

/** The types of the two candidates between which everything goes. */
async function candidateTypes(id) {
  const stats = await callOf(id).connection.getStats();
  const all = [...stats.values()];
  // Chromium names the pair, Firefox marks it; its state changes each time that it is checked anew.
  const chosen = all.find(({ type }) => type === "transport")?.selectedCandidatePairId;
  const pair = stats.get(chosen) ?? all.find(({ type, selected }) => type === "candidate-pair" && selected);
  return pair ? [pair.localCandidateId, pair.remoteCandidateId].map((id) => stats.get(id).candidateType) : [];
}

/** What names the ICE session; a restart changes it. */
const iceUser = (id) => /ice-ufrag:(\S+)/.exec(callOf(id).connection.localDescription.sdp)[1];

const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const sha256 = async (bytes) => hex(new Uint8Array(await crypto.subtle.digest("SHA-256", bytes)));

/** Sends random bytes over a channel, as fast as it takes them; returns their hash. */
async function upload(length) {
  const channel = await callOf().openChannel("file");
  channel.bufferedAmountLowThreshold = 1 << 20;
  const file = new Uint8Array(length);
  for (let at = 0; at < length; at += 65_536) {
    crypto.getRandomValues(file.subarray(at, at + 65_536));
  }
  for (let at = 0; at < length; at += 16_384) {
    if (channel.bufferedAmount > 4 << 20) {
      await new Promise((resolve) => (channel.onbufferedamountlow = resolve));
    }
    channel.send(file.subarray(at, at + 16_384));
  }
  return sha256(file);
}

/** Receives so many bytes over a channel; returns their hash. */
async function download(length) {
  const channel = await callOf().channel("file");
  channel.binaryType = "arraybuffer";
  const file = new Uint8Array(length);
  let at = 0;
  await new Promise((resolve) => {
    channel.onmessage = ({ data }) => {
      file.set(new Uint8Array(data), at);
      at += data.byteLength;
      if (at >= length) {
        resolve();
      }
    };
  });
  return sha256(file);
}

const all = { sockets, requests, failures, states, signals, calls, rings, refusals, trap, media, acceptAll, ring, call, callOf, echo, say };
Object.assign(globalThis, all, { decodedVideos, candidateTypes, iceUser, upload, download });
Object.assign(globalThis, { inbox, enter, namesIn, heard });
Object.assign(globalThis, { start, listenWithSimplePeer: listen });
