import assert from "node:assert/strict";
import { Backend } from "../support/backend.ts";
import { pattern } from "../support/pattern.ts";
import { writeAll } from "../support/streams.ts";
import { pause, show } from "./patience.ts";
import { residentMemory } from "./process_figures.ts";
import { type Scenario, testScenarios } from "./scenario.ts";
import { hasSmallWindows, SmallWindow } from "./small_window.ts";

const WINDOW = 4096, SECONDS = 3, MEGABYTE = 1 << 20, READ = 2 * MEGABYTE;

export const scenarios: Scenario[] = [{
  fault: "slow reader",
  made:
    `a window of ${WINDOW} bytes that is not read, a back end that sends at full speed, ${SECONDS} s; --receive-buffer of 1 MB where there is one`,
  holds: "at most 8 MB absorbed, resident memory up by at most 5 MB, every byte in order afterwards",
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
    const grown = Math.max(0, residentMemory(target.pid) - before), taken = absorbed - unacknowledged(backend.port);
    assert.ok(taken <= 8 * MEGABYTE, `${taken} bytes absorbed`);
    assert.ok(grown <= 5 * MEGABYTE, `memory grew by ${grown} bytes`);
    assert.deepEqual(await client.read(READ), bytes.subarray(0, READ));
    client[Symbol.dispose]();
    await nothingLeaked();
    return [
      `${show(taken / MEGABYTE)} MB absorbed, kernel buffers included`,
      `memory +${show(grown / MEGABYTE)} MB`,
    ];
  },
}];

/** Bytes that the sockets of a port have sent and nobody has acknowledged: they are still with their sender (proc(5)). */
function unacknowledged(port: number): number {
  const local = `:${port.toString(16).toUpperCase().padStart(4, "0")} `;
  return Deno.readTextFileSync("/proc/net/tcp").split("\n").filter((line) => line.slice(0, 20).includes(local))
    .reduce((sum, line) => sum + parseInt(line.trim().split(/\s+/)[4].split(":")[0], 16), 0);
}

testScenarios(import.meta.url, scenarios);
