import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { MemoryFiles } from "../../tests/support/memory_files.ts";
import { Claims, claimsOf } from "./port_claims.ts";
import { readServiceFile } from "./service_file.ts";
import { findConflicts } from "./service_conflicts.ts";

const host = fc.constantFrom("", "-6 ", "-b 127.0.0.1 ", "-b ::1 ", "-b name ", "-b :: ", "-b 0.0.0.0 -b ::1 ");
const range = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.nat(4)).map(([first, more]) => `${first}-${first + more}`);
const line = fc.tuple(
  host,
  fc.uniqueArray(range, { minLength: 1, maxLength: 4, selector: (word) => word.split("-")[0] }),
)
  .map(([host, ranges]) => `${host}${ranges.join(",")} a`);

function read(text: string) {
  return readServiceFile("a", new MemoryFiles({ a: text }));
}

Deno.test("services have ports in common exactly if each port and address says so", () => {
  fc.assert(
    fc.property(line, line, (first, second) => {
      const one = read(first), other = read(second);
      // Ranges of one line may overlap, which is a fault of its own.
      fc.pre(one.file.services.length === 1 && other.file.services.length === 1);
      const claims = new Claims(claimsOf(one.file.services[0], 0));
      const meets = claimsOf(other.file.services[0], 1).some((claim) => claims.meets(claim));
      const apart = (text: string) =>
        read(text).file.services.flatMap(({ spec: { ports, values } }) => {
          const hosts = values.hostname ?? [values.ipv6 ? "::" : "0.0.0.0"];
          return hosts.flatMap((host) =>
            ports.flatMap(({ first, last }) =>
              Array.from({ length: last - first + 1 }, (_, i) => `-b ${host} ${first + i} a`)
            )
          );
        });
      const both = (a: string, b: string) => findConflicts(read(`${a}\n--name b ${b}`).file.services).length > 0;
      assert.equal(meets, apart(first).some((a) => apart(second).some((b) => both(a, b))));
    }),
    parameters(100),
  );
});
