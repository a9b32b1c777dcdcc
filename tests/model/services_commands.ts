/** Control commands to one of many services, each on the model and on the real program. */
import assert from "node:assert/strict";
import fc from "fast-check";
import { ModelChannel, type ModelGroup } from "./group_model.ts";
import { BACKENDS, type ServicesSubject } from "./services_subject.ts";
import { type ServicesStep, step } from "./services_world.ts";

const backend = fc.nat(BACKENDS - 1), service = fc.nat(11);

/** All of them; those that make others possible more often. */
export const anyCommand: fc.Arbitrary<ServicesStep> = fc.oneof(
  {
    weight: 2,
    arbitrary: onChannel("enable", (ch, channel) => {
      if (channel === undefined) return `no such channel ${ch}`;
      const was = channel.enabled;
      channel.enabled = true;
      return was ? `channel ${ch} already enabled` : `channel ${ch} enabled`;
    }),
  },
  ...[
    onChannel("disable", (ch, channel) => {
      if (channel === undefined) return `no such channel ${ch}`;
      const was = channel.enabled;
      channel.enabled = false;
      return was ? `channel ${ch} disabled` : `channel ${ch} already disabled`;
    }),
    onChannel("reset", (ch, channel) => {
      if (channel === undefined) return `no such channel ${ch}`;
      channel.total = channel.sent = channel.rcvd = 0;
      return `channel ${ch} counters reset`;
    }),
    fc.nat(3).chain((limit) =>
      onChannel(`maxc ${limit}`, (ch, channel) => {
        if (channel === undefined) return "unknown channel";
        channel.maxc = limit;
        return `maxc of channel ${ch} changed to ${limit}`;
      })
    ),
    backend.chain((backend) =>
      onChannel("assign", (_, channel) => {
        if (channel === undefined) return "unknown channel";
        if (channel.enabled) return "channel must be disabled to assign new address";
        channel.backend = backend;
        return "channel reassigned";
      }, (subject) => ` ${subject.addressOf(backend)}`)
    ),
    backend.chain((backend) =>
      onGroup(`create to ${backend}`, (subject) => `create ${subject.addressOf(backend)}`, ({ channels }) => {
        channels.push(new ModelChannel(backend, 0, undefined));
        return "channel created";
      })
    ),
    fc.constantFrom("rr" as const, "hash" as const).chain((name) =>
      onGroup(name, () => name, (group, number) => {
        group.strategy = name;
        return `group ${number} set to ${name === "rr" ? "round robin" : "hash"}`;
      })
    ),
  ].map((arbitrary) => ({ weight: 1, arbitrary })),
);

/** A control command in a group of a service that runs. @param change changes the model and says what must be answered */
function onGroup(
  name: string,
  line: (subject: ServicesSubject) => string,
  change: (group: ModelGroup, number: number) => string,
): fc.Arbitrary<ServicesStep> {
  return fc.tuple(service, fc.constantFrom(0, 0, 1)).map(([which, number]) =>
    step(`${name} in group ${number} of ${which}`, async ({ model: { services }, subject }) => {
      const service = services[which % services.length];
      assert.deepEqual((await subject.control(`service ${service.text.name}`)).text, []);
      await subject.control(`group ${number}`);
      const { text } = await subject.control(line(subject));
      assert.equal(text.join("\n"), change(service.groups[number], number));
    })
  );
}

function onChannel(
  name: string,
  change: (ch: number, channel: ModelChannel | undefined) => string,
  more: (subject: ServicesSubject) => string = () => "",
): fc.Arbitrary<ServicesStep> {
  const [command, ...rest] = name.split(" ");
  return fc.nat(BACKENDS).chain((ch) =>
    onGroup(
      `${name}, channel ${ch}`,
      (subject) => [command, ch, ...rest].join(" ") + more(subject),
      ({ channels }) => change(ch, channels[ch]),
    )
  );
}
