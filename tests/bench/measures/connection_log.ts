import type { Measure } from "../measure.ts";
import { underLoad } from "./loads.ts";

/** What a new connection costs that leaves a line in a file, as a multiple of what it costs otherwise. */
export const connectionLog: Measure<Form> = {
  name: "connection-log",
  share: 1 / 3,
  metrics: {
    text: metric("--connection-log"),
    json: metric("--connection-log-format json"),
    ecs: metric("--connection-log-format ecs"),
    letters: metric("a format like HAProxy's"),
    sample: metric("--connection-log-sample 100"),
  },
  // Earlier versions have no such option.
  suits: (contender) => contender.withServices !== undefined,
  async sample(stand, contender) {
    const channel = `127.0.0.1:${stand.load.port}`, file = `${stand.directory}/connections-`;
    const found: Record<Form, number> = { text: 0, json: 0, ecs: 0, letters: 0, sample: 0 };
    for (const [name, words] of Object.entries(FORMS)) {
      // Measured again for each, so that both windows meet the same machine.
      const plain = await underLoad(stand, await stand.shared(contender), "newConnections");
      const log = `${file}${name}-${contender.name.replaceAll(" ", "-")}`;
      const logging = await stand.shared(contender, ` connection log ${name}`, [
        `--connection-log=${log}`,
        ...words,
        channel,
      ]);
      const told = await underLoad(stand, logging, "newConnections");
      found[name as Form] = told.processor / plain.processor;
      // Nobody turns it over here, and a directory for temporary files may be in memory.
      await Deno.truncate(log);
    }
    return found;
  },
};

const FORMS = {
  text: ["--connection-log-format", "text"],
  json: ["--connection-log-format", "json"],
  ecs: ["--connection-log-format", "ecs"],
  letters: ["--connection-log-format", "%ci:%cp [%t] %f %b/%s %Tw/%Tc/%Tt %B %ts %fc/%bc/%sc/%rc %bq"],
  sample: ["--connection-log-sample", "100"],
} as const;

type Form = keyof typeof FORMS;

function metric(what: string) {
  return { title: `CPU per connection, ${what}`, unit: "x", better: "less", digits: 2 } as const;
}
