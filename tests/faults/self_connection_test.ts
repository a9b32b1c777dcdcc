import assert from "node:assert/strict";
import { connect } from "node:net";
import { namedBackend } from "../support/backends.ts";
import { isolation } from "./isolation.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

/** The only ports that the kernel gives out by itself; the channel's is one of them. */
const FIRST = 40_000, PORTS = 2;

const CLIENTS = 8, FIRST_CLIENT_PORT = 33_000;

export const scenarios: Scenario[] = [{
  fault: "a dead channel's port is given to the connect itself",
  made: `a range of ${PORTS} ports, a dead channel on one of them, ${CLIENTS} clients`,
  holds:
    "a refused connect: no client gets back what it sends, each failure counts, and with the linux engine the port stays free",
  needs: isolation,
  isolated: true,
  async measure(subject) {
    Deno.writeTextFileSync("/proc/sys/net/ipv4/ip_local_port_range", `${FIRST} ${FIRST + PORTS - 1}`);
    const figures: string[] = [];
    for (const [source, port] of [[[], 20_002], [["-B", "127.0.0.1"], 20_003]] as const) {
      await using target = await subject.balance([`127.0.0.1:${FIRST}`], { options: [...source], port });
      for (let i = 0; i < CLIENTS; i++) {
        assert.equal(await ask(port, FIRST_CLIENT_PORT + port % 10 * CLIENTS + i), "", `client ${i}`);
      }
      const [dead] = await target.channels();
      assert.deepEqual([dead.total, dead.failed, dead.current], [CLIENTS, CLIENTS, 0]);
      figures.push(`${dead.failed} of ${CLIENTS} refused${source.length > 0 ? `, ${source.join(" ")}` : ""}`);
      // Deno cannot reset a connection, and one that was its own peer then takes the port for a minute (TIME-WAIT).
      if (subject.name !== "linux") continue;
      await using backend = namedBackend("a", { port: FIRST });
      assert.equal(await ask(port, FIRST_CLIENT_PORT - 1 - port % 10), "a");
      assert.equal(backend.accepted, 1);
      figures.push("the port is free");
    }
    return figures;
  },
}];

/** Sends something from a port outside the range; what comes back until the end. */
function ask(port: number, localPort: number): Promise<string> {
  return new Promise((resolve) => {
    let text = "";
    const socket = connect({ host: "127.0.0.1", port, localPort });
    socket.on("data", (bytes: Uint8Array) => text += new TextDecoder().decode(bytes));
    socket.on("error", () => {}).on("close", () => resolve(text));
    socket.end("question");
  });
}

testScenarios(import.meta.url, scenarios);
