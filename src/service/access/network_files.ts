import { isNetworkFault, type NetworkFault, parseNetworks, parseRanges } from "../../access/network_words.ts";
import { bytesOf, type Networks, rangesIn, sameNetworks } from "../../access/networks.ts";
import { NetworksBuilder } from "../../access/networks_builder.ts";
import { UnusedMemory } from "../../engine/unused_memory.ts";
import { escape, quote } from "../../log/escape.ts";
import { systemReason } from "../../log/system_reason.ts";
import { fromStart } from "../../process/start_directory.ts";
import { coded } from "../errors.ts";

/** Milliseconds between looks at the files. */
const PERIOD = 500;

/** Bytes that are read at a time. What lies between two reads is done in a few milliseconds. */
const SLICE = 64 * 1024;

/** Longest line, in characters. */
const LONGEST_LINE = 4096;

/** A file of networks that cannot be read, or has a line that is no network. */
export class NetworkFileProblem extends Error {
  override readonly name = "NetworkFileProblem";
}

/** Who is told what becomes of files. Must not throw. */
export interface FileObserver {
  /** Some have changed: what words stand for now may be something else. */
  changed(): void;
  /** A file has been read again, and has so many ranges of addresses. */
  read(file: string, ranges: number): void;
  /** A file has changed but cannot be read, or has become bad: it keeps standing for what it did. */
  stale(file: string, reason: string): void;
}

interface Entry {
  /** As it was given. */
  readonly word: string;
  readonly path: string;
  networks: Networks;
  /** What the system said of the version that was dealt with last: it was read, or found to be bad. */
  stamp: string;
  /** What it said at the last look. */
  seen: string;
}

/**
 * What words for networks stand for: `10.0.0.0/8,@FILE`. Each file is read once, whoever names it, and again when it
 * has changed. It is looked at, not watched: that notices whatever way there is to replace it, symbolic links in its
 * path included, and takes no more rights than reading it.
 */
export class NetworkFiles {
  readonly #observer: FileObserver;
  readonly #period: number;
  readonly #files = new Map<string, Entry>();
  readonly #loading = new Map<string, Promise<Entry>>();
  /** What words stood for when they were last asked about, and the sets that this was made of. */
  readonly #known = new Map<string, { readonly parts: readonly Networks[]; readonly networks: Networks }>();
  readonly #unused = new UnusedMemory();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #looking: Promise<void> | undefined;
  #stopped = false;

  /** @param period milliseconds between looks at the files */
  constructor(observer: FileObserver, period = PERIOD) {
    this.#observer = observer;
    this.#period = period;
  }

  /**
   * The addresses that a word stands for. As long as nothing changes, the answer is the same object.
   *
   * @throws {NetworkFileProblem} when a file cannot be read, or a line of it is no network
   */
  async networks(text: string): Promise<Networks> {
    const words = parseNetworks(text);
    // Whoever gave it has checked it.
    if (isNetworkFault(words)) throw new TypeError(`Cannot read networks: ${quote(words.word)} ${words.reason}`);
    const files = words.flatMap((word) => word.kind === "file" ? [word.path] : []);
    const parts: Networks[] = [];
    for (const path of files) parts.push((await this.#entry(path)).networks);
    const known = this.#known.get(text);
    if (known !== undefined && known.parts.every((part, i) => part === parts[i])) return known.networks;
    // A file alone is not copied, so that services share it.
    if (words.length === 1 && parts.length === 1) return this.#keep(text, parts, parts[0]);
    const builder = new NetworksBuilder();
    for (const word of words) {
      if (word.kind === "range") { for (const { first, last } of word.ranges) builder.add(first, last); }
    }
    for (const part of parts) builder.addAll(part);
    return this.#keep(text, parts, builder.build());
  }

  /** Looks again and again at the files of these words, and forgets all others. */
  follow(texts: Iterable<string>): void {
    const wanted = new Set(texts), paths = new Set<string>();
    for (const text of wanted) {
      const words = parseNetworks(text);
      if (isNetworkFault(words)) continue;
      for (const word of words) if (word.kind === "file") paths.add(fromStart(word.path));
    }
    for (const text of this.#known.keys()) if (!wanted.has(text)) this.#known.delete(text);
    for (const path of this.#files.keys()) if (!paths.has(path)) this.#files.delete(path);
    this.#schedule();
  }

  /** Reads every file again that has changed, without waiting for the next look. */
  async refresh(): Promise<void> {
    await this.#looking;
    await this.#look(true);
  }

  /** Looks at no file any more. Resolves when none is being read. */
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
    await Promise.allSettled([this.#looking, ...this.#loading.values()]);
  }

  #keep(text: string, parts: readonly Networks[], networks: Networks): Networks {
    this.#known.set(text, { parts, networks });
    return networks;
  }

  /** The file's entry, read if it is new. */
  #entry(word: string): Promise<Entry> | Entry {
    const path = fromStart(word), known = this.#files.get(path);
    if (known !== undefined) return known;
    const loading = this.#loading.get(path) ?? this.#load(word, path).finally(() => this.#loading.delete(path));
    this.#loading.set(path, loading);
    return loading;
  }

  async #load(word: string, path: string): Promise<Entry> {
    try {
      const stamp = await stampOf(path), networks = await readNetworkFile(path);
      const entry = { word, path, networks, stamp, seen: stamp };
      this.#files.set(path, entry);
      return entry;
    } catch (error) {
      throw problemWith(word, error);
    }
  }

  #schedule(): void {
    if (this.#timer !== undefined || this.#looking !== undefined || this.#stopped || this.#files.size === 0) return;
    this.#timer = setTimeout(() => this.#look(false), this.#period);
    // What is served keeps the process running, not this.
    Deno.unrefTimer(this.#timer);
  }

  /** @param now whether to read even what may still be being written */
  #look(now: boolean): Promise<void> {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    return this.#looking ??= this.#lookAtAll(now).finally(() => {
      this.#looking = undefined;
      this.#schedule();
    });
  }

  async #lookAtAll(now: boolean): Promise<void> {
    let changed = false;
    for (const entry of [...this.#files.values()]) changed = await this.#lookAt(entry, now) || changed;
    if (changed && !this.#stopped) this.#observer.changed();
  }

  /** @returns whether the file says something else now */
  async #lookAt(entry: Entry, now: boolean): Promise<boolean> {
    const { word, path, seen } = entry;
    let reason: unknown;
    const stamp = await stampOf(path).catch((error) => {
      reason = error;
      return "none";
    });
    entry.seen = stamp;
    // One that is being written, or replaced, changes from look to look.
    if (this.#stopped || stamp === entry.stamp || stamp !== seen && !now) return false;
    entry.stamp = stamp;
    try {
      if (reason !== undefined) throw reason;
      const networks = await readNetworkFile(path);
      if (this.#stopped) return false;
      this.#observer.read(word, rangesIn(networks));
      if (sameNetworks(networks, entry.networks)) return false;
      this.#unused.add(bytesOf(entry.networks));
      entry.networks = networks;
      return true;
    } catch (error) {
      if (!this.#stopped) this.#observer.stale(word, problemWith(word, error).message);
      return false;
    }
  }
}

/** Changes whenever the file is replaced or written to. */
async function stampOf(path: string): Promise<string> {
  const { mtime, ctime, size, ino, dev, isDirectory, isFifo } = await Deno.stat(path);
  if (isDirectory) throw new Error("it is a directory");
  // It would be waited for without end, and can be read only once.
  if (isFifo) throw new Error("it is a pipe");
  return [mtime?.getTime(), ctime?.getTime(), size, ino, dev].join(" ");
}

/**
 * Reads a file with one network a line; `#` or `;` begins a comment. In slices, so that clients are served meanwhile.
 *
 * @throws {LineFault} for the first line that is no network
 */
async function readNetworkFile(path: string): Promise<Networks> {
  using file = await Deno.open(path);
  const builder = new NetworksBuilder(), decoder = new TextDecoder(), buffer = new Uint8Array(SLICE);
  let rest = "", line = 0;
  const take = (text: string) => {
    line++;
    const fault = text.length > LONGEST_LINE ? tooLong(text) : addLine(text, builder);
    if (fault !== undefined) throw new LineFault(line, fault);
  };
  for (;;) {
    const count = await file.read(buffer);
    rest += decoder.decode(buffer.subarray(0, count ?? 0), { stream: count !== null });
    let start = 0;
    for (let end; (end = rest.indexOf("\n", start)) >= 0; start = end + 1) take(rest.slice(start, end));
    rest = rest.slice(start);
    if (rest.length > LONGEST_LINE) throw new LineFault(line + 1, tooLong(rest));
    if (count === null) break;
    // What is read without waiting would leave nobody else a turn.
    await turn();
  }
  if (rest !== "") take(rest);
  return await builder.buildSlowly(turn);
}

/** Lets everything else have its turn. */
function turn(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve));
}

/** What is wrong with a line of a file. */
class LineFault extends Error {
  readonly line: number;
  readonly fault: NetworkFault;

  constructor(line: number, fault: NetworkFault) {
    super();
    this.line = line;
    this.fault = fault;
  }
}

function tooLong(word: string): NetworkFault {
  return { word, reason: "is too long for a line" };
}

function addLine(text: string, builder: NetworksBuilder): NetworkFault | undefined {
  const comment = text.search(/[#;]/), word = (comment < 0 ? text : text.slice(0, comment)).trim();
  if (word === "") return undefined;
  const ranges = parseRanges(word);
  if (isNetworkFault(ranges)) return ranges;
  for (const { first, last } of ranges) builder.add(first, last);
  return undefined;
}

function problemWith(word: string, error: unknown): Error {
  const file = quote(word);
  if (error instanceof LineFault) {
    const { line, fault: { word, reason, suggestion } } = error;
    const guess = suggestion === undefined ? "" : `, did you mean ${escape(suggestion)}?`;
    return coded(new NetworkFileProblem(`${file} line ${line}: ${quote(word)} ${reason}${guess}`), "ERR_NETWORK_FILE");
  }
  if (error instanceof Deno.errors.NotCapable) return error;
  return coded(new NetworkFileProblem(`cannot read ${file}: ${systemReason(error, {})}`), "ERR_NETWORK_FILE");
}
