/** What runs, as command lines: read again, they describe the same. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../../tests/fuzz/parameters.ts";
import { pretendedService, SURROUNDINGS } from "../../../tests/support/pretended_service.ts";
import { read } from "../../../tests/support/written_files.ts";
import { Groups } from "../../groups/groups.ts";
import { sameService } from "../../options/same_service.ts";
import type { ServiceSpec } from "../../options/service_spec.ts";
import { configLines } from "../../options/service_text.ts";
import { strategies } from "../../selection/strategy.ts";
import { Table } from "../../table/table.ts";
import { draftService } from "./draft_service.ts";
import { standardPort } from "./service_request.ts";
import { asItRuns, runningSpec } from "./specs.ts";

const ADDRESS = "192.0.2.1";

/** Hosts that a shell, or the reader of a file, might take for something else. */
const hosts = [
  "a",
  "balance",
  "include",
  "defaults",
  "process",
  "#x",
  "it's",
  "$x",
  "*",
  "::1",
  "fe80::1%1",
  "10.0.0.1",
];
const host = fc.constantFrom(...hosts), port = fc.constantFrom(80, 81, 65535), number = fc.nat(3);
const options = fc.uniqueArray(fc.constantFrom("-t 2", "-a", "--no-autodisable", "-6", "--backlog 9"), {
  maxLength: 3,
});
const line = fc.tuple(
  options,
  fc.constantFrom("80", "80,443", "8000-8010", "--name web http"),
  fc.constantFrom(
    "10.0.0.1",
    "10.0.0.1,weight=3,name=x ! 10.0.0.1:80:4,weight=0 %stable",
    "10.0.0.1 10.0.0.2:81:7",
    "[::1]::3 % 10.0.0.1:80 ! 10.0.0.9 %",
  ),
).map(([options, ports, channels]) => [...options, ports, channels].join(" "));

/** Something that an operator does, where it can be done. */
type Step = (groups: Groups) => void;
const step: fc.Arbitrary<Step> = fc.oneof(
  fc.tuple(number, host, port).map(([group, host, port]): Step => (groups) => {
    groups.add(group, { host, address: { host: ADDRESS, port }, enabled: false });
  }),
  fc.tuple(number, number, host, port).map(([group, channel, host, port]): Step => (groups) => {
    if (!groups.has(group, channel)) return;
    groups.disable(group, channel);
    groups.assign(group, channel, host, { host: ADDRESS, port });
  }),
  fc.tuple(number, number, fc.constantFrom(0, 1, 7)).map(([group, channel, maxc]): Step => (groups) => {
    if (groups.has(group, channel)) groups.limit(group, channel, maxc);
  }),
  fc.tuple(number, number, fc.constantFrom(0, 1, 256)).map(([group, channel, weight]): Step => (groups) => {
    if (groups.has(group, channel)) groups.weigh(group, channel, weight);
  }),
  fc.tuple(number, number, fc.boolean()).map(([group, channel, on]): Step => (groups) => {
    if (!groups.has(group, channel)) return;
    if (on) groups.enable(group, channel);
    else groups.disable(group, channel);
  }),
  fc.tuple(number, fc.constantFrom("rr", "hash", "least", "first")).map(([group, name]): Step => (groups) => {
    groups.setStrategy(group, name);
  }),
);

/** What a start with this description would have. */
function started(spec: ServiceSpec) {
  const groups = new Groups(Table.create(), strategies), standard = standardPort(spec);
  groups.replace(
    [],
    spec.groups.map(({ strategy, channels }) => ({
      strategy,
      channels: channels.map(({ port = standard, ...channel }) => ({ ...channel, port, address: ADDRESS })),
    })),
  );
  return shown(groups);
}

function shown(groups: Groups) {
  return groups.snapshot().map(({ type, channels }) => ({
    type,
    channels: channels.map(({ host, port, maxc, weight, name }) => ({ host, port, maxc, weight, name })),
  }));
}

Deno.test("whatever operators do, show config prints what a start reads as the same", async () => {
  await fc.assert(
    fc.asyncProperty(line, fc.array(step, { maxLength: 12 }), async (line, steps) => {
      const [asked] = read({ a: line }).spec.services,
        { service } = pretendedService(await draftService(asked, SURROUNDINGS));
      for (const step of steps) step(service.groups);
      const { spec, notes } = runningSpec(service);
      const [again] = read({ a: configLines({ values: {}, services: [spec] }).join("\n") }).spec.services;
      assert.ok(sameService(again, spec));
      assert.deepEqual(started(again), shown(service.groups));
      const disabled = service.groups.snapshot().flatMap(({ channels }) =>
        channels.filter(({ disabledBy }) => disabledBy.includes("operator"))
      );
      assert.equal(notes.filter((note) => note.includes("is disabled by")).length, disabled.length);
      // Once it is saved, a reload of it finds nothing to change.
      if (notes.some((note) => note.includes(" comes as group "))) return;
      const saved = asItRuns(service);
      assert.deepEqual(service.groups.compare(saved.groups, saved.groups), []);
      assert.ok(sameService(saved.request as ServiceSpec, again));
    }),
    parameters(200),
  );
});
