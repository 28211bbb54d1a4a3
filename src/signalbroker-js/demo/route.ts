import { byId } from "./dom";
import type { Channel, Way } from "./wire";

const calm = matchMedia("(prefers-reduced-motion: reduce)");
const travelMs = 650;
const journey: Keyframe[] = [
  { transform: "translateX(0)", opacity: 0 },
  { opacity: 1, offset: 0.2 },
  { opacity: 1, offset: 0.8 },
  { transform: "translateX(100%)", opacity: 0 },
];

/** Lets a spark run along the line that something was just carried by. */
export function showOnRoute(channel: Channel, way: Way, text: string): void {
  if (calm.matches) {
    return;
  }
  const direction = way === "out" ? "normal" : "reverse";
  if (channel === "STOMP") {
    run("socket-spark", direction);
    return;
  }
  run("http-spark", direction);
  if (text.startsWith("POST /exchange")) {
    run("amqp-spark", "normal", travelMs);
  }
}

function run(spark: string, direction: PlaybackDirection, delay = 0): void {
  byId(spark, HTMLElement).animate(journey, { duration: travelMs, easing: "ease-in-out", direction, delay });
}
