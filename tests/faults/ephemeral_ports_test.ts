import assert from "node:assert/strict";
import { connect, type Socket } from "node:net";
import { echoBackend } from "../support/backends.ts";
import { isolation } from "./isolation.ts";
import { eventuallyAsync, pause, since, within } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

const PORTS = 20, CLIENTS = 32, FIRST_CLIENT_PORT = 33_000;

export const scenarios: Scenario[] = [{
  fault: "ephemeral ports exhausted",
  made: `a range of ${PORTS} ports, ${CLIENTS} clients, one channel, -a`,
  holds: "a local shortage: no channel disabled, no failure counted, served again within 2 s",
  needs: isolation,
  isolated: true,
  async measure(subject) {
    Deno.writeTextFileSync("/proc/sys/net/ipv4/ip_local_port_range", `40000 ${40_000 + PORTS - 1}`);
    await using backend = echoBackend({ port: 20_001 });
    await using target = await subject.balance([`127.0.0.1:${backend.port}`], {
      options: ["-a", "-t", "30"],
      port: 20_002,
    });
    const nothingLeaked = await target.watchForLeaks();
    const served = new Set<Socket>();
    const clients = Array.from({ length: CLIENTS }, (_, i) => {
      // Ports of their own outside the range, which is the program's alone.
      const socket = connect({ host: "127.0.0.1", port: target.port, localPort: FIRST_CLIENT_PORT + i });
      socket.on("data", () => served.add(socket)).on("error", () => {}).write("x");
      return socket;
    });
    await eventuallyAsync(
      "as many are served as there are ports",
      () => Promise.resolve(served.size === PORTS),
      10,
      () => String(served.size),
    );
    await target.log.until("connect failed, out of resources");
    await pause(500);
    const meanwhile = await target.channels();
    const relief = performance.now();
    for (const socket of served) socket.destroy();
    await eventuallyAsync("all others are served", () => Promise.resolve(served.size === CLIENTS), 20);
    const again = within("all others served after", since(relief), 2, "s");
    for (const { enabled, failed, failing } of [...meanwhile, ...await target.channels()]) {
      assert.deepEqual({ enabled, failed, failing }, { enabled: true, failed: 0, failing: false });
    }
    for (const socket of clients) socket.destroy();
    await nothingLeaked();
    return [`${PORTS} served at a time`, "no channel disabled, 0 failures counted", again];
  },
}];

testScenarios(import.meta.url, scenarios);
