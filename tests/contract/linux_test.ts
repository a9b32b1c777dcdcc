import { startLinux } from "../../src/engine/linux/linux.ts";
import { skips, unable } from "./linux_limits.ts";
import { contract } from "./suite.ts";

contract("linux engine, 1 thread", startLinux, { threads: 1, skips, unable });
