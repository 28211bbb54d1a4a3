// Shows that signals wait, whenever the server pushes; a click brings the page back, which then gets them.
self.addEventListener("push", (event) => {
  const { type, signals, signal } = event.data?.json() ?? {};
  if (type === "signalbroker") {
    event.waitUntil(show(signals, signal));
  }
});

self.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(bringPage());
});

async function show(signals, signal) {
  for (const page of await self.clients.matchAll({ type: "window", includeUncontrolled: true })) {
    page.postMessage({ type: "signalbroker.push", signals, signal });
  }
  // Browsers want to see a notification for each push. One with the same tag takes the other's place.
  const title = signals === 1 ? "A signal waits for you" : `${signals} signals wait for you`;
  const body = signal === undefined ? "" : `From ${nameOf(signal)}: ${JSON.stringify(signal.content)}`;
  await self.registration.showNotification(title, { tag: "signalbroker", renotify: true, body });
}

// A user, an application, or a member of a room who is known by an alias at most.
const nameOf = ({ from }) => (typeof from === "string" ? from : (from?.application ?? from?.alias ?? "somebody"));

async function bringPage() {
  const [page] = await self.clients.matchAll({ type: "window", includeUncontrolled: true });
  return page ? page.focus() : self.clients.openWindow("/");
}
