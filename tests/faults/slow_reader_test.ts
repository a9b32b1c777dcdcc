import assert from "node:assert/strict";
import { Backend } from "../support/backend.ts";
import { pattern } from "../support/pattern.ts";
import { writeAll } from "../support/streams.ts";
import { canSeeSockets, pipeEnds } from "../linux/program_sockets.ts";
import { condition } from "../support/requirements.ts";
import { pause, show } from "./patience.ts";
import { residentMemory } from "./process_figures.ts";
import { type Scenario, testScenarios } from "./scenario.ts";
import { hasSmallWindows, SmallWindow } from "./small_window.ts";

const WINDOW = 4096, SECONDS = 3, MEGABYTE = 1 << 20, READ = 2 * MEGABYTE;

/** Clients of the second scenario, and KB that each may cost: of the portable engine with what is to be collected. */
const CROWD = 50, MOST_EACH = { linux: 150, portable: 400 };

export const scenarios: Scenario[] = [{
  fault: "slow reader",
  made:
    `a window of ${WINDOW} bytes that is not read, a back end that sends at full speed, ${SECONDS} s; --receive-buffer of 1 MB where there is one`,
  holds:
    "at most 8 MB absorbed beyond what the kernel queues by itself, resident memory up by at most 5 MB, every byte in order afterwards",
  needs: [hasSmallWindows],
  peer: true,
  async measure(subject) {
    const bytes = pattern(64 * MEGABYTE);
    let absorbed = 0;
    await using backend = new Backend(async (connection) => {
      absorbed = 0;
      await writeAll(connection, bytes, (length) => absorbed += length);
    });
    // Otherwise the kernel alone may buffer tcp_rmem's third number, which is 32 MB on some machines.
    const options = subject.name === "linux" ? ["--receive-buffer", String(MEGABYTE)] : [];
    await using target = await subject.start([`127.0.0.1:${backend.port}`], { options });
    const nothingLeaked = await target.watchForLeaks();
    // What the program needs once for its first streams is not the slow reader's.
    for (let i = 0; i < 5; i++) {
      using client = await target.client();
      await client.readExactly(8 * MEGABYTE);
    }
    await pause(300);
    const before = residentMemory(target.pid);
    const client = new SmallWindow(target.port, WINDOW);
    await pause(SECONDS * 1000);
    const grown = Math.max(0, residentMemory(target.pid) - before);
    const toProgram = queues("local", backend.port), fromProgram = queues("local", target.port);
    const taken = absorbed - toProgram.sent, held = taken - queues("remote", backend.port).received - fromProgram.sent;
    assert.ok(held <= 2 * MEGABYTE, `${held} bytes held by the program itself`);
    // What the kernel queues besides is its own choice unless it is told.
    if (options.length > 0) assert.ok(taken <= 8 * MEGABYTE, `${taken} bytes absorbed`);
    assert.ok(grown <= 5 * MEGABYTE, `memory grew by ${grown} bytes`);
    assert.deepEqual(await client.read(READ), bytes.subarray(0, READ));
    client[Symbol.dispose]();
    await nothingLeaked();
    return [
      `${show(taken / MEGABYTE)} MB absorbed, ${
        show(Math.max(0, held) / MEGABYTE)
      } MB of them not in queues of the kernel`,
      `memory +${show(grown / MEGABYTE)} MB`,
    ];
  },
}, {
  fault: "many slow readers",
  made: `${CROWD} clients that read nothing, a back end that sends to each of them at full speed`,
  holds:
    `at most ${MOST_EACH.linux} KB each in the program's memory and its pipes (portable engine ${MOST_EACH.portable}); a further client is served`,
  needs: [hasSmallWindows, condition(canSeeSockets(), "needs pidfd_getfd(2)")],
  async measure(subject) {
    const bytes = pattern(4 * MEGABYTE);
    await using backend = new Backend((connection) => writeAll(connection, bytes));
    const options = subject.name === "linux" ? ["--receive-buffer", String(MEGABYTE)] : [];
    await using target = await subject.balance([`127.0.0.1:${backend.port}`], { options });
    const nothingLeaked = await target.watchForLeaks();
    for (let i = 0; i < 5; i++) {
      using client = await target.client();
      await client.readExactly(bytes.length);
    }
    await pause(300);
    const before = residentMemory(target.pid), clients: SmallWindow[] = [];
    for (let i = 0; i < CROWD; i++) clients.push(new SmallWindow(target.port, WINDOW));
    await pause(SECONDS * 1000);
    const grown = Math.max(0, residentMemory(target.pid) - before);
    // Each pipe is seen at both of its ends.
    const piped = pipeEnds(target.pid).reduce((sum, { bytes }) => sum + bytes / 2, 0);
    const each = (grown + piped) / CROWD / 1024;
    assert.ok(each <= MOST_EACH[subject.name as keyof typeof MOST_EACH], `${each} KB for each`);
    using further = await target.client();
    await further.readExactly(bytes.length);
    for (const client of clients) client[Symbol.dispose]();
    further[Symbol.dispose]();
    await nothingLeaked();
    return [`${show(each)} KB for each`, `${show(piped / CROWD / 1024)} KB of them in pipes`];
  },
}];

/** Bytes in the queues of all sockets with a port at one end: sent and not acknowledged, received and not read (proc(5)). */
function queues(end: "local" | "remote", port: number): { sent: number; received: number } {
  const wanted = `:${port.toString(16).toUpperCase().padStart(4, "0")}`, sums = { sent: 0, received: 0 };
  for (const line of Deno.readTextFileSync("/proc/net/tcp").split("\n").slice(1)) {
    const [, local, remote, state, queue] = line.trim().split(/\s+/);
    // Of listening sockets the numbers mean something else.
    if (state === "0A" || !(end === "local" ? local : remote)?.endsWith(wanted)) continue;
    const [sent, received] = queue.split(":").map((number) => parseInt(number, 16));
    sums.sent += sent;
    sums.received += received;
  }
  return sums;
}

testScenarios(import.meta.url, scenarios);
