import { linuxUnavailable } from "../../src/engine/linux/availability.ts";
import { startLinux } from "../../src/engine/linux/linux.ts";
import { contract } from "./suite.ts";

const skips = {
  "the tap sees a chunk before its receiver does":
    "its threads report chunks by message, and the bytes may arrive first",
};
const unable = linuxUnavailable();

contract("linux engine, 1 thread", startLinux, { threads: 1, skips, unable });
contract("linux engine, 3 threads", startLinux, { threads: 3, skips, unable });
