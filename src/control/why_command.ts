import { quote } from "../log/escape.ts";
import { FIRST_PROTOCOLS } from "../options/kinds/conditions.ts";
import { nearest } from "../options/nearest.ts";
import { parsePort } from "../options/port_names.ts";
import type { RecordState } from "../state/record_state.ts";
import type { WhyState } from "../state/why_state.ts";
import { familyOf } from "../table/address.ts";
import { parseConnectionId } from "../table/records/connection_id.ts";
import { answer, type ProcessCommand, refuse, Refused, type Reply } from "./command.ts";
import type { ControlledService, ControlPlane, WhyQuestion } from "./control_plane.ts";
import { toJson } from "./json.ts";
import { hasPort, portsPhrase } from "./ports_text.ts";
import { currentService } from "./service_commands.ts";

export const why: ProcessCommand = {
  name: "why",
  parameters: "CLIENT|ID [PORT] [WORD...]",
  summary: "say where a client would go now and why, or what became of a connection",
  changes: false,
  scope: "process",
  run: async ([word, ...words], session, plane) => {
    const address = addressIn(word), id = address === undefined ? parseConnectionId(word) : undefined;
    if (id !== undefined) return await tell(id, word, words, plane);
    const current = currentService(session, plane);
    if ("ok" in current) return current;
    if (address === undefined) return refuse(`${quote(word)} is neither an address, such as 192.0.2.1, nor an id`);
    return await explain(address, words, current);
  },
};

async function explain(client: string, words: readonly string[], service: ControlledService): Promise<Reply> {
  const { json, ...question } = read(words, service), state = await service.why(client, question);
  if (json) return answer(toJson(state));
  // Only who asks needs it.
  const { whyLines } = await import("./why_lines.ts");
  return answer(...whyLines(state));
}

/** What became of a connection, and what would become of its client now. */
async function tell(id: number, word: string, words: readonly string[], plane: ControlPlane): Promise<Reply> {
  const [form, ...more] = words;
  if (form !== undefined && form !== "json" || more.length > 0) {
    return refuse(`cannot use ${quote(form === "json" ? more[0] : form)}: after an id there can only be json`);
  }
  if (plane.connection === undefined) return refuse("this process does not know its connections");
  const connection = await plane.connection(id);
  if (connection === undefined) return refuse(`${quote(word)} is ${UNKNOWN}`);
  const state = { connection, again: await againOf(connection, plane) };
  if (form === "json") return answer(toJson(state));
  const { connectionLines } = await import("./why_connection_lines.ts");
  return answer(...connectionLines(state, Date.now()));
}

/** Which connections have no story. */
const UNKNOWN =
  "neither an open connection nor one of the last 1,000 that ended badly; --connection-log has the others";

async function againOf(
  { service: name, client, port, sni }: RecordState,
  plane: ControlPlane,
): Promise<WhyState | null> {
  const service = plane.services.find((service) => service.name === name), address = addressIn(client);
  if (service === undefined || address === undefined || !hasPort(service.ports, port)) return null;
  return await service.why(address, sni === null ? { port } : { port, sni });
}

/** The address of a client, as it is typed or as the log has it, with its port; undefined for other words. */
function addressIn(word: string): string | undefined {
  const address = /^\[(.*)\](?::\d+)?$/.exec(word)?.[1] ?? /^([\d.]+):\d+$/.exec(word)?.[1] ?? word;
  return familyOf(address) === 0 ? undefined : address;
}

/** Words that another word must follow. */
const PAIRS = ["sni", "alpn", "proto"] as const;

interface Question extends WhyQuestion {
  readonly json: boolean;
}

/** @throws {Refused} naming the word that is wrong */
function read(words: readonly string[], { ports }: ControlledService): Question {
  const found = new Map<string, unknown>(),
    set = (key: string, value: unknown) => {
      if (found.has(key)) throw new Refused(refuse(`${key} is given twice`));
      found.set(key, value);
    };
  for (let i = 0; i < words.length; i++) {
    const word = words[i], key = PAIRS.find((key) => key === word), port = i === 0 ? parsePort(word) : undefined;
    if (key !== undefined) {
      const value = words[++i];
      if (value === undefined) throw new Refused(refuse(`a word is missing after ${key}`));
      set(key, key === "alpn" ? value.split(",") : key === "proto" ? protocol(value) : value);
    } else if (word === "json") set("json", true);
    else if (port !== undefined) {
      if (!hasPort(ports, port)) {
        throw new Refused(refuse(`port ${port} is not the service's: it has ${portsPhrase(ports)}`));
      }
      set("port", port);
    } else throw new Refused(refuse(unknown(word)));
  }
  const question = { json: false, ...Object.fromEntries(found) } as Question, { sni, alpn, proto } = question;
  const ofTls = sni === undefined ? alpn === undefined ? undefined : "alpn" : "sni";
  if (ofTls !== undefined && proto !== undefined && proto !== "tls") {
    throw new Refused(refuse(`${ofTls} is for TLS clients, but proto is ${proto}`));
  }
  return question;
}

function protocol(word: string): string {
  const guess = nearest(word, FIRST_PROTOCOLS), hint = guess === undefined ? "" : `, did you mean ${guess}?`;
  const known = FIRST_PROTOCOLS.find((each) => each === word);
  if (known !== undefined) return known;
  throw new Refused(
    refuse(
      `proto is ${FIRST_PROTOCOLS.slice(0, -1).join(", ")} or ${FIRST_PROTOCOLS.at(-1)}, not ${quote(word)}${hint}`,
    ),
  );
}

function unknown(word: string): string {
  const guess = nearest(word, [...PAIRS, "json"]), hint = guess === undefined ? "" : `, did you mean ${guess}?`;
  return `cannot use ${quote(word)}: after the client comes its port, sni NAME, alpn A, proto P or json${hint}`;
}
