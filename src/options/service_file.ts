import { quote } from "../log/escape.ts";
import { type Fault, FaultCode, faultText } from "./fault.ts";
import { LINE_WORDS, LINES, type LineWord } from "./line_words.ts";
import { nearest } from "./nearest.ts";
import { parsePort } from "./port_names.ts";
import { type Read, readDefaultsWords, readProcessWords, readServiceWords } from "./read_words.ts";
import { findConflicts } from "./service_conflicts.ts";
import type { PlacedService } from "./service_places.ts";
import type { ProcessSpec } from "./service_spec.ts";
import { type Entry, readEntries, type SourceWord } from "./shell_words.ts";
import type { SourceFault } from "./source_fault.ts";
import { decodeSource, type SourceText } from "./source_text.ts";
import { namesOf } from "./strategy_names.ts";
import type { ProcessValues, ServiceValues } from "./values.ts";

/** How files are read. */
export interface FileReader {
  /** The whole file. @throws {FileProblem} */
  read(path: string): Uint8Array;
  /**
   * The files that a pattern names, relative to the file that has it, in order. A name without `* ? [` is there even if
   * the file is missing.
   */
  expand(pattern: string, includer: string): readonly string[];
  /** The same text for every path of one file. @throws {FileProblem} */
  identity(path: string): string;
}

/** A file that cannot be read. */
export class FileProblem extends Error {
  override readonly name = "FileProblem";
}

/** What was read from a file and the files that it includes. */
export interface ServiceFile {
  readonly spec: ProcessSpec;
  readonly services: readonly PlacedService[];
  /** All files, the first one first. */
  readonly sources: readonly SourceText[];
  /** The options of the last `defaults` line of the first file. */
  readonly defaults: ServiceValues;
  /** Names of the strategies beside it. */
  readonly strategies: readonly string[] | undefined;
}

/** Most files, and the deepest includes. */
const MOST_FILES = 1_000, DEEPEST = 16;

/**
 * Reads a file of services and the files that it includes.
 *
 * @param strategies names of strategies that take the place of the file's own
 * @throws {FileProblem} if the file itself cannot be read; one that is included is a fault
 */
export function readServiceFile(
  path: string,
  reader: FileReader,
  strategies?: readonly string[],
): { file: ServiceFile; faults: SourceFault[] } {
  let reading = new Reading(reader, strategies), defaults = reading.readFile(path, {}, []);
  // They may be on the last line, so all of it is read again, for once.
  if (strategies === undefined && reading.values.strategy !== undefined) {
    reading = new Reading(reader, namesOf(reading.values.strategy));
    defaults = reading.readFile(path, {}, []);
  }
  const { services, sources, values, faults } = reading;
  faults.push(...findConflicts(services));
  return {
    file: { spec: { values, services: services.map(({ spec }) => spec) }, services, sources, defaults, strategies },
    faults,
  };
}

class Reading {
  readonly services: PlacedService[] = [];
  readonly sources: SourceText[] = [];
  readonly faults: SourceFault[] = [];
  values: ProcessValues = {};
  readonly #reader: FileReader;
  readonly #strategies: readonly string[] | undefined;

  constructor(reader: FileReader, strategies: readonly string[] | undefined) {
    this.#reader = reader;
    this.#strategies = strategies;
  }

  /**
   * @param above paths and identities of the files that include this one
   * @returns the defaults at its end
   * @throws {FileProblem}
   */
  readFile(path: string, defaults: ServiceValues, above: readonly { path: string; identity: string }[]): ServiceValues {
    const chain = [...above, { path, identity: this.#reader.identity(path) }];
    const { text: source, fault } = decodeSource(path, this.#reader.read(path));
    if (fault !== undefined) this.faults.push(fault);
    if (source === undefined) return {};
    this.sources.push(source);
    const { entries, faults } = readEntries(source.lines, LINE_WORDS);
    // In the order of the lines, with the faults of what they mean.
    let next = 0;
    const upTo = (line: number) => {
      for (; next < faults.length && faults[next].line <= line; next++) {
        this.faults.push({ ...faults[next], source, code: FaultCode.USAGE });
      }
    };
    for (const entry of entries) {
      upTo(entry.last);
      if (entry.broken) continue;
      const [first, ...rest] = entry.words, known = !first.quoted && LINE_WORDS.has(first.text);
      const line = known ? first.text as LineWord : "balance", words = known ? rest : entry.words;
      const place: Place = { source, entry, words };
      if (line === "include") this.#include(place, defaults, chain);
      else if (line === "process") this.values = { ...this.values, ...this.#result(place, readProcessWords) };
      else if (line === "defaults") defaults = this.#result(place, readDefaultsWords) ?? {};
      else this.#service(place, defaults, known);
    }
    upTo(Infinity);
    return defaults;
  }

  #service(place: Place, defaults: ServiceValues, known: boolean): void {
    const [{ text }] = place.words.length > 0 ? place.words : [{ text: "-" }];
    const meant = known || text.startsWith("-") || isPort(text) ? undefined : nearest(text, LINES);
    if (meant !== undefined) {
      this.#fault(place, 0, `unknown word ${quote(text)}, did you mean ${meant}?`);
      return;
    }
    const spec = this.#result(place, (words) => readServiceWords(words, defaults, this.#strategies));
    if (spec !== undefined) this.services.push({ spec, source: place.source, entry: place.entry, defaults });
  }

  #include(place: Place, defaults: ServiceValues, chain: readonly { path: string; identity: string }[]): void {
    const [pattern, more] = place.words;
    if (pattern === undefined || pattern.text === "") return this.#fault(place, 0, "include needs a file or a pattern");
    if (more !== undefined) return this.#fault(place, 1, `unexpected word after include: ${quote(more.text)}`);
    try {
      for (const path of this.#reader.expand(pattern.text, chain.at(-1)!.path)) {
        const identity = this.#reader.identity(path), ring = chain.findIndex((file) => file.identity === identity);
        if (ring >= 0) {
          const names = [...chain.slice(ring), { path }].map(({ path }) => quote(path));
          return this.#fault(place, 0, `a file that includes itself: ${names.join(" includes ")}`);
        }
        if (chain.length >= DEEPEST) {
          return this.#fault(place, 0, `cannot include ${quote(path)}: more than ${DEEPEST} files deep`);
        }
        if (this.sources.length >= MOST_FILES) {
          return this.#fault(place, 0, `cannot include ${quote(path)}: more than ${MOST_FILES} files`);
        }
        this.readFile(path, defaults, chain);
      }
    } catch (error) {
      if (!(error instanceof FileProblem)) throw error;
      this.#fault(place, 0, error.message);
    }
  }

  /** What the words of a line mean; undefined, with faults, if they mean nothing. */
  #result<T>(place: Place, read: (words: readonly string[]) => Read<T>): T | undefined {
    const { result, faults } = read(place.words.map(({ text }) => text));
    for (const fault of faults) this.#fault(place, fault.word, lineFault(fault), fault.code);
    return result;
  }

  #fault({ source, entry, words }: Place, index: number, message: string, code: number = FaultCode.USAGE): void {
    // Behind the last word when one is missing.
    const { line, start, end } = words[index] ?? behind(words.at(-1) ?? entry.words.at(-1)!);
    this.faults.push({ source, line, start, end, message, code });
  }
}

/** The words of a line, without the one that says what it is. */
interface Place {
  readonly source: SourceText;
  readonly entry: Entry;
  readonly words: readonly SourceWord[];
}

function behind({ line, end }: SourceWord): Pick<SourceWord, "line" | "start" | "end"> {
  return { line, start: end, end };
}

/** The help of the program does not say more about a file. */
function lineFault({ message, suggestion }: Fault): string {
  return faultText({ word: 0, message, suggestion, code: FaultCode.USAGE });
}

/** Whether the word may be ports: those begin with a digit, or with the name of one. */
function isPort(text: string): boolean {
  return /^\d/.test(text) || parsePort(text.split(/[,-]/)[0]) !== undefined || parsePort(text) !== undefined;
}
