import { startLinux } from "../../src/engine/linux/linux.ts";
import { skips, unable } from "../contract/linux_limits.ts";
import { contract } from "../contract/suite.ts";

contract("linux engine, 3 threads", startLinux, { threads: 3, skips, unable });
