import assert from "node:assert/strict";
import { connect } from "node:net";
import type { Backend } from "../support/backend.ts";
import { echoBackend } from "../support/backends.ts";
import { isolation } from "./isolation.ts";
import { VanishingHost } from "./network.ts";
import { since, within } from "./patience.ts";
import { type Scenario, testScenarios } from "./scenario.ts";

const IDLE = 1, PROBES = 2;

function vanished(fault: string, made: string, who: "client" | "back end", way: "idle" | "keep-alive"): Scenario {
  return {
    fault,
    made,
    holds: way === "idle" ? "closed by -T" : "closed by keep-alive (linux engine), by -T otherwise",
    needs: isolation,
    isolated: true,
    async measure(subject) {
      const host = new VanishingHost();
      await using backend: Backend = echoBackend({ hostname: who === "back end" ? host.address : "127.0.0.1" });
      const probed = way === "keep-alive" && subject.name === "linux";
      const timeouts = probed ? [who === "client" ? "-k" : "-K", `1,1,${PROBES}`] : ["-T", String(IDLE)];
      await using target = await subject.balance([`${backend.address.host}:${backend.port}`], {
        options: timeouts,
        bind: "127.0.0.1",
      });
      const nothingLeaked = await target.watchForLeaks();
      const localAddress = who === "client" ? host.address : "127.0.0.1";
      const socket = connect({ host: "127.0.0.1", port: target.port, localAddress });
      socket.on("error", () => {});
      socket.write("x");
      await new Promise((resolve) => socket.once("data", resolve));
      assert.equal((await target.state()).connections, 1);
      host.vanish();
      const start = performance.now();
      await target.untilState("the connection is closed", ({ connections }) => connections === 0, 20);
      const bound = probed ? 1 + PROBES + 0.5 : IDLE + 0.5;
      const figure = within(`closed by ${probed ? "keep-alive" : "-T"} after`, since(start), bound, "s");
      socket.destroy();
      await nothingLeaked();
      return [figure];
    },
  };
}

export const scenarios: Scenario[] = [
  vanished("client vanishes", `its packets are dropped, -T ${IDLE}`, "client", "idle"),
  vanished("back end vanishes", `its packets are dropped, -T ${IDLE}`, "back end", "idle"),
  vanished("client vanishes, probed", `its packets are dropped, -k 1,1,${PROBES}`, "client", "keep-alive"),
  vanished("back end vanishes, probed", `its packets are dropped, -K 1,1,${PROBES}`, "back end", "keep-alive"),
];

testScenarios(import.meta.url, scenarios);
