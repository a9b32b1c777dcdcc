/** The file of services that the steps change, before it is written and read again. */
import fc from "fast-check";
import type { GroupText } from "./group_model.ts";
import type { ServiceText } from "./services_model.ts";
import { BACKENDS, PORTS } from "./services_subject.ts";
import { type ServicesStep, step } from "./services_world.ts";

/** Names that services may have. */
const NAMES = ["a", "b", "c", "d"];

/** What the file says, or will say once it is written. */
export interface FileDraft {
  /** Number of the service that has the port; undefined if none has. */
  readonly owners: (number | undefined)[];
  readonly services: (Pick<ServiceText, "limit" | "groups">)[];
}

/** The file that a draft describes. */
export function fileOf({ owners, services }: FileDraft): ServiceText[] {
  return services.map((service, number) => ({
    name: NAMES[number],
    ports: [...owners.keys()].filter((port) => owners[port] === number),
    ...service,
  })).filter(({ ports }) => ports.length > 0);
}

/** Two services with a port each; the others have none yet. */
export function firstDraft(): FileDraft {
  const channels = Array.from({ length: BACKENDS }, (_, backend) => ({ backend, maxc: 0 }));
  return {
    owners: Array.from({ length: PORTS }, (_, port) => port < 2 ? port : undefined),
    services: NAMES.map(() => ({ limit: undefined, groups: [{ strategy: "rr", channels }] })),
  };
}

const port = fc.nat(PORTS - 1), which = fc.nat(NAMES.length - 1);

const group: fc.Arbitrary<GroupText> = fc.record({
  strategy: fc.constantFrom("rr" as const, "hash" as const),
  channels: fc.uniqueArray(fc.record({ backend: fc.nat(BACKENDS - 1), maxc: fc.nat(3) }), {
    minLength: 1,
    maxLength: BACKENDS,
    selector: ({ backend }) => backend,
  }),
});

/** Changes to a draft. */
export const anyEdit: fc.Arbitrary<ServicesStep> = fc.oneof(
  {
    weight: 2,
    arbitrary: fc.tuple(port, fc.option(which, { nil: undefined })).map(([port, owner]) =>
      step(`the file gives port ${port} to ${owner}`, ({ draft: { owners } }) => {
        owners[port] = owner;
      })
    ),
  },
  {
    weight: 2,
    arbitrary: fc.tuple(which, fc.array(group, { minLength: 1, maxLength: 2 })).map(([which, groups]) =>
      step(`the file gives ${which} ${JSON.stringify(groups)}`, ({ draft: { services } }) => {
        services[which] = { ...services[which], groups };
      })
    ),
  },
  {
    weight: 1,
    arbitrary: fc.tuple(which, fc.option(fc.integer({ min: 1, max: 4 }), { nil: undefined })).map(([which, limit]) =>
      step(`the file limits ${which} to ${limit}`, ({ draft: { services } }) => {
        services[which] = { ...services[which], limit };
      })
    ),
  },
);
