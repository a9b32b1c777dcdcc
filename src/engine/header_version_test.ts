import assert from "node:assert/strict";
import { PROXY } from "../table/table.ts";
import { standardVersion, versionFor } from "./header_version.ts";

Deno.test("a channel gets the version of its service, unless it has its own", () => {
  for (const [proxy, inherited] of [["off", 0], ["v1", 1], ["v2", 2]] as const) {
    const rows = [PROXY.INHERITED, PROXY.OFF, PROXY.V1, PROXY.V2];
    assert.deepEqual(rows.map((own) => versionFor(own, standardVersion({ proxy }))), [inherited, 0, 1, 2]);
  }
});
