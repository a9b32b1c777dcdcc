import assert from "node:assert/strict";
import { resolveHost, sameFamilyAs } from "./resolve.ts";

Deno.test("a numeric address of the wrong family is refused, with the reason", async () => {
  await assert.rejects(resolveHost("127.0.0.1", sameFamilyAs("::1")), {
    message: 'Cannot resolve host: "127.0.0.1" has no IPv6 address, which the source ::1 requires',
  });
  await assert.rejects(resolveHost("::1", sameFamilyAs("192.0.2.7")), /"::1" has no IPv4 address/);
  await assert.rejects(resolveHost("::ffff:192.0.2.1", sameFamilyAs("::1")), /has no IPv6 address/);
});

Deno.test("one of the right family is taken in its canonical form", async () => {
  assert.equal(await resolveHost("0:0::1", sameFamilyAs("2001:db8::1")), "::1");
  assert.equal(await resolveHost("::ffff:192.0.2.1", sameFamilyAs("192.0.2.7")), "192.0.2.1");
  assert.equal(await resolveHost("::1", sameFamilyAs(undefined)), "::1");
});
