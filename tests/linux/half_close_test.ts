import { fileURLToPath } from "node:url";
import assert from "node:assert/strict";
import { condition, namespaces, root, testWith } from "../support/requirements.ts";
import { unavailable } from "./with_engine.ts";

/** Seconds for which the kernel remembers a socket that was closed while its peer's direction is open (tcp(7)). */
const FORGOTTEN = 1;

testWith(
  [root, namespaces("-n"), condition(unavailable === undefined, unavailable ?? "")],
  "a half-closed connection whose ended side has closed is found out, and one that waits for an answer gets it",
  async () => {
    const { code, stderr } = await new Deno.Command("unshare", {
      args: [
        "-n",
        "sh",
        "-c",
        `ip link set lo up && echo ${FORGOTTEN} > /proc/sys/net/ipv4/tcp_fin_timeout && exec "$@"`,
      ]
        .concat([
          "sh",
          Deno.execPath(),
          "run",
          "-A",
          fileURLToPath(new URL("./half_close_probes.ts", import.meta.url)),
        ]),
      stdin: "null",
    }).output();
    assert.equal(code, 0, new TextDecoder().decode(stderr));
  },
);
