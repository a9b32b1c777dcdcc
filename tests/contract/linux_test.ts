import { startLinux } from "../../src/engine/linux/linux.ts";
import { contract } from "./suite.ts";

contract("linux engine, 1 thread", startLinux, { threads: 1 });
contract("linux engine, 3 threads", startLinux, { threads: 3 });
