import { quote } from "../log/escape.ts";
import { type Fault, FaultCode } from "./fault.ts";
import { nearest } from "./nearest.ts";
import { parsePort, portNames } from "./port_names.ts";
import type { PlacedWord } from "./split_words.ts";

/** Ports that follow each other. */
export interface Ports {
  /** The first one. */
  readonly first: number;
  /** The same as `first` for a single port. */
  readonly last: number;
}

/** Ports that follow each other, as they were given. */
export interface PortRange extends Ports {
  /** The text that stands for it: `80`, `8000-8010`, `http`. */
  readonly word: string;
}

/** Reads ports to listen on: `80`, `http`, `80,443`, `8000-8010` and mixtures of them. */
export function readPorts(
  { text, word }: PlacedWord,
  port = parsePort,
): { ports: readonly PortRange[]; faults: readonly Fault[] } {
  const ports: PortRange[] = [], faults: Fault[] = [], parts = text.split(",");
  // A mark for each port, since there may be tens of thousands of parts. One part alone meets no other.
  const taken = new Uint8Array(parts.length > 1 ? 65536 : 0);
  const wrong = (why: string, suggestion?: string) => {
    const where = parts.length > 1 ? ` in ${quote(text)}` : "";
    faults.push({ word, message: `bad port: ${why}${where}`, suggestion, code: FaultCode.USAGE });
  };
  for (const part of parts) {
    const range = readRange(part, port);
    if (typeof range === "string") {
      wrong(range, /^[a-z]/i.test(part) ? nearest(part, portNames()) : undefined);
      break;
    }
    if (taken.subarray(range.first, range.last + 1).includes(1)) {
      const twice = ports.find(({ first, last }) => first <= range.last && range.first <= last)!;
      wrong(twice.word === part ? `${quote(part)} is given twice` : `${quote(part)} overlaps ${quote(twice.word)}`);
      break;
    }
    taken.fill(1, range.first, range.last + 1);
    ports.push(range);
  }
  return { ports, faults };
}

/** The word that `readPorts` reads as these ports. */
export function portsWord(ports: readonly PortRange[]): string {
  return ports.map(({ word }) => word).join(",");
}

/** @returns a string that says what is wrong */
function readRange(word: string, port: typeof parsePort): PortRange | string {
  // First, because a name may have a hyphen: pop-3.
  const single = port(word);
  if (single !== undefined) return { first: single, last: single, word };
  const [, low, high] = /^(\d+)-(\d+)$/.exec(word) ?? [], first = port(low ?? ""), last = port(high ?? "");
  if (low === undefined) return `${quote(word)} is neither 1 to 65535 nor a known service`;
  if (first === undefined || last === undefined) return `${quote(word)} goes beyond 1 to 65535`;
  return first <= last ? { first, last, word } : `${quote(word)} ends before it begins`;
}
