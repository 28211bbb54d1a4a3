// Browsers slow the timers of hidden pages down to one tick a minute, and the node would take the page for dead.
// Timers in a worker keep their pace. A file of its own, because the page's policy allows no blob: workers.
const intervalMs = 10_000;

setInterval(() => postMessage("beat"), intervalMs);
