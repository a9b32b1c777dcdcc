import assert from "node:assert/strict";
import { mayResolveLater, resolveHost, sameFamilyAs } from "./resolve.ts";

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

Deno.test("numbers and dots are an IPv4 address or nothing, and are not looked up", async () => {
  for (
    const [word, address] of [["127.1", "127.0.0.1"], ["1.2.3", "1.2.0.3"], ["10.65536", "10.1.0.0"], [
      "0x7f.0x1",
      "127.0.0.1",
    ]]
  ) assert.equal(await resolveHost(word), address);
  for (const word of ["256.1.1.1", "1.2.3.4.5", "1.2.3.256", "1.2.65536", "1..2", "1.2.3.", ".1", ".", "0x.1"]) {
    await assert.rejects(resolveHost(word), { message: `Cannot resolve host: "${word}" is not an IPv4 address` });
  }
  await assert.rejects(
    resolveHost("010.0.0.1"),
    /"010\.0\.0\.1" is not an IPv4 address: its numbers must not begin with 0/,
  );
  await assert.rejects(
    resolveHost("8081"),
    /"8081" is not an IPv4 address; a port follows a colon, as in localhost:80/,
  );
  await assert.rejects(resolveHost("127.1", sameFamilyAs("::1")), /"127\.1" has no IPv6 address/);
});

Deno.test("a name may resolve later, and an interface may appear; a wrong address stays wrong", () => {
  for (const host of ["nobody.invalid", "fe80::1%later"]) assert.equal(mayResolveLater(host), true, host);
  for (const host of ["127.0.0.1", "::1", "300.1.1.1", "8080", "a b", "a%b", ""]) {
    assert.equal(mayResolveLater(host), false, host);
  }
});
