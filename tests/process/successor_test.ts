/** The steps of an upgrade between two processes, with a small successor in place of the program. */
import assert from "node:assert/strict";
import { fileURLToPath } from "node:url";
import { Successor, type SuccessorOptions } from "../../src/process/successor.ts";
import { openDescriptors } from "../../src/process/descriptors.ts";
import { eventually } from "../support/eventually.ts";
import { linux, testWith } from "../support/requirements.ts";
import { runs } from "../support/processes.ts";
import { ListeningSocket } from "./listening_socket.ts";

const CHILD = fileURLToPath(new URL("./successor_child.ts", import.meta.url));

function start(act: string, options: Partial<SuccessorOptions> = {}, ...words: string[]): Promise<Successor> {
  return Successor.start({
    program: Deno.execPath(),
    args: ["run", "-A", "--quiet", CHILD, ...words],
    directory: "/",
    environment: {},
    detached: false,
    sockets: [],
    plan: JSON.stringify({ act, sockets: options.sockets ?? [] }),
    ...options,
  });
}

/** Whether a descriptor is closed in programs that this process starts. */
function closesOnExec(descriptor: number): boolean {
  const flags = /^flags:\s+(\d+)$/m.exec(Deno.readTextFileSync(`/proc/self/fdinfo/${descriptor}`))![1];
  return (parseInt(flags, 8) & 0o2000000) !== 0;
}

testWith([linux], "a successor has the sockets, the plan and the state, and its predecessor lets it go", async () => {
  using one = new ListeningSocket(), other = new ListeningSocket();
  const before = openDescriptors(), sockets = [one.descriptor, other.descriptor];
  const successor = await start("good", { sockets });
  assert.deepEqual(sockets.map(closesOnExec), [true, true]);
  const long = "x".repeat(1_000_000), notes = await successor.takeOver(`{"state":"${long}"}`);
  const { pid, places, state, marks, directory, stderr } = JSON.parse(notes[0]);
  assert.equal(pid, successor.pid);
  assert.deepEqual(places, [one, other].map(({ port }) => ({ hostname: "127.0.0.1", port })));
  assert.equal(state, `{"state":"${long}"}`);
  assert.deepEqual([marks, directory], [[], "/"]);
  // Whatever it prints from now on goes there, not to a pipe that nobody reads.
  assert.equal(stderr, Deno.readLinkSync("/proc/self/fd/2"));
  await successor.ended;
  successor.letGo();
  await eventually("its pipes are closed", () => openDescriptors() === before);
});

for (
  const [act, reason] of [
    ["fail", "cannot listen on 0.0.0.0:80: permission denied;   ask\\x0aroot"],
    ["crash", "the new process ended by SIGABRT before it was ready"],
    ["hang", "the new process is not ready after 1 s"],
  ] as const
) {
  testWith([linux], `a successor that does not get ready leaves nothing behind: ${act}`, async () => {
    using socket = new ListeningSocket();
    const before = openDescriptors(), patience = act === "hang" ? 1 : 30;
    await assert.rejects(start(act, { sockets: [socket.descriptor], patience }), { message: reason });
    assert.ok(closesOnExec(socket.descriptor));
    assert.equal(openDescriptors(), before);
  });
}

testWith([linux], "what a broken program prints is the reason", async () => {
  await assert.rejects(start("", {}, "broken"), {
    message: "the new process ended with code 1 before it was ready: no such\\x07 module",
  });
  await assert.rejects(start("", { program: "/nonexistent" }), /^Error: the new process cannot be started: /);
  await assert.rejects(start("", { sockets: [999] }), {
    message: "the new process cannot be started: Cannot hand over descriptor 999: it is not open",
  });
});

for (const act of ["hang later", "crash later"]) {
  testWith([linux], `a successor that does not serve can be undone: ${act}`, async () => {
    // It has that long for each step, and the first one is to succeed on a busy machine as well.
    const before = openDescriptors(), successor = await start(act, { patience: act === "crash later" ? 30 : 5 });
    const reason = act === "crash later" ? "ended with code 5 before it served" : "is not ready after 5 s";
    await assert.rejects(successor.takeOver("{}"), { message: `the new process ${reason}` });
    await successor.stop();
    assert.equal(runs(successor.pid), false);
    assert.equal(openDescriptors(), before);
  });
}
