import type { Http } from "../base/http.js";
import type { Place } from "../listening/place.js";
import type { OpenSocket } from "./stomp.js";

/** What says where a session would like to be; finds out the nearest region, by a file of its own, if asked to. */
export function createPlacing(place: Place | undefined, http: Http, openSocket: OpenSocket) {
  let found: Promise<string | undefined> | undefined;

  return async (): Promise<Place | undefined> => {
    if (place?.region !== "nearest") {
      return place;
    }
    found ??= import("./regions.js").then(({ findNearest }) => findNearest(http, openSocket));
    try {
      return { ...place, region: await found };
    } catch {
      // Any region will do; the next session asks again.
      found = undefined;
      return { ...place, region: undefined };
    }
  };
}
