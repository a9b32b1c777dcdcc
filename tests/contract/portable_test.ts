import { startPortable } from "../../src/engine/portable/portable.ts";
import { contract } from "./suite.ts";

contract("portable engine", startPortable);
