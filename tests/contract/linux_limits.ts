import { linuxUnavailable } from "../../src/engine/linux/availability.ts";

/** What of the contract the linux engine cannot do, with the reasons. */
export const skips = {
  "the tap sees a chunk before its receiver does":
    "its threads report chunks by message, and the bytes may arrive first",
};

/** Why the linux engine cannot run here; undefined when it can. */
export const unable = linuxUnavailable();
