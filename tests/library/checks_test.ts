import assert from "node:assert/strict";
import { Balancer } from "../../mod.ts";
import { Backend } from "../support/backend.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { freePort } from "../support/free_port.ts";

Deno.test("what a client's failed connect says of a channel holds until a check succeeds", async () => {
  const port = freePort(), checks = { check: "tcp", checkInterval: 0.01, checkTimeout: 20, fall: 100 };
  await using balancer = await Balancer.start({
    ...{ port: 0, hostname: "127.0.0.1", engine: "portable", ...checks },
    groups: [{ channels: [{ host: "127.0.0.1", port }] }],
  });
  const failing = () => balancer.show()[0].channels[0].failing;
  assert.equal(await Client.ask(balancer.address.port), null);
  assert.ok(failing());
  await using _ = new Backend(() => Promise.resolve(), { port });
  await eventually("a check has found it alive", () => !failing());
});
