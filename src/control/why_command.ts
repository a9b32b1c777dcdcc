import { quote } from "../log/escape.ts";
import { FIRST_PROTOCOLS } from "../options/kinds/conditions.ts";
import { nearest } from "../options/nearest.ts";
import { parsePort } from "../options/port_names.ts";
import { familyOf } from "../table/address.ts";
import { answer, type ProcessCommand, refuse, Refused, type Reply } from "./command.ts";
import type { ControlledService, WhyQuestion } from "./control_plane.ts";
import { toJson } from "./json.ts";
import { hasPort, portsPhrase } from "./ports_text.ts";
import { currentService } from "./service_commands.ts";

export const why: ProcessCommand = {
  name: "why",
  parameters: "CLIENT [PORT] [WORD...]",
  summary: "say where a client would go that came now, and why not elsewhere",
  changes: false,
  scope: "process",
  run: async ([word, ...words], session, plane) => {
    const current = currentService(session, plane);
    if ("ok" in current) return current;
    return await explain(addressIn(word), words, current);
  },
};

async function explain(client: string, words: readonly string[], service: ControlledService): Promise<Reply> {
  const { json, ...question } = read(words, service), state = await service.why(client, question);
  if (json) return answer(toJson(state));
  // Only who asks needs it.
  const { whyLines } = await import("./why_lines.ts");
  return answer(...whyLines(state));
}

/** The address of a client, as it is typed or as the log has it, with its port. */
function addressIn(word: string): string {
  const address = /^\[(.*)\](?::\d+)?$/.exec(word)?.[1] ?? /^([\d.]+):\d+$/.exec(word)?.[1] ?? word;
  if (familyOf(address) !== 0) return address;
  throw new Refused(refuse(`${quote(word)} is no address: give that of a client, such as 192.0.2.1`));
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
