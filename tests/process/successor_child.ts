/** A successor for the tests, which does what the plan says. */
import { ExitError } from "../../src/process/exit_codes.ts";
import { examineListeningSocket } from "../../src/process/listening_socket.ts";
import { Predecessor } from "../../src/process/predecessor.ts";
import { pause } from "../support/eventually.ts";

const SILENCE = 2 ** 30;

if (Deno.args.includes("broken")) {
  await Deno.stderr.write(new TextEncoder().encode("\x1b[31mno such\x07 module\x1b[0m\nmore\n"));
  Deno.exit(1);
}
const predecessor = Predecessor.find();
if (predecessor === undefined) Deno.exit(3);
const { act, sockets } = JSON.parse(await predecessor.plan());
if (act === "hang") await pause(SILENCE);
if (act === "crash") Deno.kill(Deno.pid, "SIGABRT");
if (act === "fail") {
  predecessor.failed(new ExitError(71, "cannot listen on 0.0.0.0:80: permission denied", ["  ask\nroot"]));
  Deno.exit(71);
}
const places = sockets.map((descriptor: number) => examineListeningSocket(descriptor));
const state = await predecessor.prepared();
if (act === "hang later") await pause(SILENCE);
if (act === "crash later") Deno.exit(5);
const marks = Object.keys(Deno.env.toObject()).filter((name) => /^(BALANCE_SUCCESSOR|LISTEN_)/.test(name));
const stderr = Deno.readLinkSync("/proc/self/fd/2");
predecessor.serving([JSON.stringify({ pid: Deno.pid, places, state, marks, stderr, directory: Deno.cwd() })]);
Deno.exit(0);
