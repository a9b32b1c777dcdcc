import { quote } from "../log/escape.ts";
import { channelRecordList } from "./channel_records.ts";
import { type ConditionKey, conditionRecordList } from "./condition_records.ts";
import type { GroupConditions } from "./group_conditions.ts";
import { type Fault, FaultCode } from "./fault.ts";
import { Refusal } from "./kinds/kind.ts";
import { nearest } from "./nearest.ts";
import type { PlacedWord } from "./split_words.ts";

/** Whether a word among channels is, or was meant as, a condition: a channel has a host before any `=`. */
export function isCondition(word: string): boolean {
  const name = nameOf(word);
  return name !== undefined && (isKnown(name) || !channelRecordList.some(([, record]) => record.name === name));
}

/** The words that are read as these conditions. */
export function conditionWords(conditions: GroupConditions = {}): string[] {
  return conditionRecordList.flatMap(([key, { name, kind }]) => {
    const value = conditions[key];
    return value === undefined ? [] : `${name}=${kind.write(value)}`;
  });
}

/** The conditions that words say; undefined if one of the words is wrong, or there are none. */
export function readConditions(words: readonly string[]): GroupConditions | undefined {
  const reader = new ConditionReader();
  for (const [word, text] of words.entries()) {
    if (!isCondition(text) || reader.read({ text, word }, undefined) !== undefined) return undefined;
  }
  return reader.values;
}

/** Why no client could meet conditions together; undefined if one can. */
export function conditionFault({ sni, alpn, proto }: GroupConditions): string | undefined {
  const key = sni !== undefined ? "sni=" : alpn !== undefined ? "alpn=" : undefined;
  if (key === undefined || proto === undefined || proto.includes("tls")) return undefined;
  return `${key} is about TLS clients, which proto=${proto.join(",")} leaves out`;
}

/** The conditions of one group, as its words are read. */
export class ConditionReader {
  readonly #values: { [K in ConditionKey]?: unknown } = {};
  readonly #words: PlacedWord[] = [];

  /** The conditions so far; undefined if there are none. */
  get values(): GroupConditions | undefined {
    return this.#words.length === 0 ? undefined : this.#values as GroupConditions;
  }

  /** The first word; undefined if there are none. */
  get first(): PlacedWord | undefined {
    return this.#words[0];
  }

  /** Reads a word that is a condition. @param channel the channel before it in the group, if there is one */
  read(placed: PlacedWord, channel: string | undefined): Fault | undefined {
    const { text, word } = placed, name = nameOf(text)!;
    const fault = (message: string, suggestion?: string) => ({ word, message, suggestion, code: FaultCode.USAGE });
    const found = conditionRecordList.find(([, record]) => record.name === name);
    if (found === undefined) return unknown(placed, name);
    if (channel !== undefined) {
      return fault(
        `condition ${quote(text)} belongs before the first channel of its group, which is ${quote(channel)}`,
      );
    }
    const [key, { kind }] = found;
    if (this.#values[key] !== undefined) {
      return fault(`condition ${name}= is given twice: ${quote(text)}; give all values in one word, as in ${name}=A,B`);
    }
    const value = kind.read(text.slice(name.length + 1));
    if (value instanceof Refusal) return fault(value.about(`condition ${name}=`, text), value.suggestion);
    this.#words.push(placed);
    const wrong = conditionFault({ ...this.#values, [key]: value } as GroupConditions);
    this.#values[key] = value;
    return wrong === undefined ? undefined : fault(`condition ${quote(text)}: ${wrong}`);
  }
}

function nameOf(word: string): string | undefined {
  return /^([A-Za-z][\w-]*)=/.exec(word)?.[1];
}

function isKnown(name: string): boolean {
  return conditionRecordList.some(([, record]) => record.name === name);
}

function unknown({ text, word }: PlacedWord, name: string): Fault {
  const names = conditionRecordList.map(([, record]) => `${record.name}=`);
  const suggestion = nearest(`${name.toLowerCase()}=`, names),
    all = suggestion === undefined ? `, only ${names.join(", ")}` : "";
  return { word, message: `unknown condition ${quote(text)}${all}`, suggestion, code: FaultCode.USAGE };
}
