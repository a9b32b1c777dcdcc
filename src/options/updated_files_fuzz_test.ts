import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import { read, spec, updated } from "../../tests/support/written_files.ts";
import { sameService } from "./same_service.ts";
import { configLines } from "./service_text.ts";

const word = fc.constantFrom("-t 1", "-t 2.5", "-a", "-H", "--fail-timeout 3", "-6", "-b ::1", "--max-connections 7");
const group = fc.array(
  fc.constantFrom("a", "balance", "include:1", "[::1]:80:2", "b,weight=3", "[::1]:1:2,weight=0", "x".repeat(60)),
  {
    minLength: 1,
    maxLength: 5,
  },
);
const groups = fc.array(fc.tuple(group, fc.constantFrom("!", "%", "%least", "%stable")), { maxLength: 5 });
const service = fc.tuple(fc.uniqueArray(word, { maxLength: 3 }), fc.boolean(), groups);
/** Services of different names and ports. */
const services = fc.array(fc.option(service), { maxLength: 6 }).map((all) =>
  all.flatMap((one, i) => {
    if (one === null) return [];
    const [options, named, groups] = one, name = named ? [`--name s${i}`] : [];
    return spec([...name, ...options, `${100 + i}`, ...groups.flatMap(([names, end]) => [...names, end])].join(" "));
  })
);

Deno.test("services that are written as command lines are read back the same", () => {
  fc.assert(
    fc.property(services, (all) => {
      const lines = configLines({ values: { logFile: "x y" }, services: all });
      const { spec: { values, services } } = read({ a: lines.join("\n") });
      assert.deepEqual(values, { logFile: "x y" });
      assert.equal(services.length, all.length);
      services.forEach((one, i) => assert.ok(sameService(one, all[i])));
    }),
    parameters(300),
  );
});

Deno.test("any services can be saved to any file, and it keeps what has not changed", () => {
  const lines = fc.array(fc.constantFrom("# c", "", "defaults -a", "defaults -t 9 -b ::1 -6", "defaults"), {
    maxLength: 8,
  });
  fc.assert(
    fc.property(services, services, lines, fc.infiniteStream(fc.nat(8)), (before, after, other, at) => {
      const text = configLines({ values: {}, services: before.map((one) => ({ ...one, values: {} })) });
      const starts = text.flatMap((line, i) => /^\S/.test(line) && !text[i - 1]?.endsWith("\\") ? [i] : []);
      for (const line of other) text.splice(starts[at.next().value! % (starts.length || 1)] ?? 0, 0, line);
      if (text.some((line, i) => /^(#|$|defaults)/.test(line) && text[i - 1]?.endsWith("\\"))) return fc.pre(false);
      updated({ a: text.map((line) => `${line}\n`).join("") }, after);
    }),
    parameters(300),
  );
});
