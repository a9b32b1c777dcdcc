/** One file inside a compiled program. */
export interface EmbeddedFile {
  /** Relative to the folder the program was compiled in, with forward slashes. */
  readonly path: string;
  /** Everything kept for it: source, transpiled code, source map. */
  readonly bytes: number;
}

/** What `deno compile` put into a program. */
export interface Embedded {
  readonly files: readonly EmbeddedFile[];
  /** The whole payload: metadata, npm snapshot, table of files, files. */
  readonly bytes: number;
  /** The options it was compiled with, as Deno keeps them. */
  readonly metadata: {
    readonly entrypoint_key: string;
    readonly code_cache_key: unknown;
    readonly permissions: Readonly<Record<string, unknown>> & { readonly prompt: boolean };
  };
}

const MAGIC = new TextEncoder().encode("d3n0l4nd");

type Entry =
  | { readonly Dir: { readonly n: string; readonly e: readonly Entry[] } }
  | { readonly File: { readonly n: string } & Readonly<Record<"o" | "m" | "s" | "c", readonly [number, number]>> }
  | { readonly Symlink: { readonly n: string } };

/**
 * Reads what a compiled program contains, in the layout of Deno 2.7 to 2.9: a magic word, then sections, each behind its
 * length as a 64-bit number: metadata (JSON), npm snapshot, remote modules (12 zero bytes when there are none), table of
 * files (JSON), files.
 *
 * A file may hold several payloads (a program compiled on top of another one); the last is the one that starts.
 *
 * @throws {Error} when the layout is another one, or when modules from the network are embedded
 */
export function embeddedFiles(program: Uint8Array): Embedded {
  const start = lastPayload(program);
  const view = new DataView(program.buffer, program.byteOffset, program.byteLength);
  let offset = start + MAGIC.length;
  const section = () => {
    const length = Number(view.getBigUint64(offset, true));
    offset += 8;
    if (offset + length > program.length) throw new Error("read payload: a section is longer than the program");
    return program.subarray(offset, offset += length);
  };
  const metadata = JSON.parse(text(section()));
  section();
  const remote = program.subarray(offset, offset += 12);
  if (remote.some((byte) => byte !== 0)) throw new Error("read payload: modules from the network are embedded");
  const table = JSON.parse(text(section())) as Entry[];
  section();
  return { files: table.flatMap((entry) => walk(entry, "")), bytes: offset - start, metadata };
}

function lastPayload(program: Uint8Array): number {
  const buffer = new Uint8Array(program.buffer, program.byteOffset, program.byteLength);
  for (let at = buffer.length - MAGIC.length - 16; at >= 0; at--) {
    at = buffer.lastIndexOf(MAGIC[0], at);
    if (at < 0) break;
    if (MAGIC.every((byte, index) => buffer[at + index] === byte) && buffer[at + 16] === 0x7b /* { */) return at;
  }
  throw new Error("read payload: this is not a program made by deno compile");
}

function walk(entry: Entry, folder: string): EmbeddedFile[] {
  if ("Dir" in entry) return entry.Dir.e.flatMap((inner) => walk(inner, `${folder}${entry.Dir.n}/`));
  if ("Symlink" in entry) return [{ path: folder + entry.Symlink.n, bytes: 0 }];
  const { n, o, m, s } = entry.File;
  return [{ path: folder + n, bytes: [o, m, s].reduce((sum, part) => sum + (part?.[1] ?? 0), 0) }];
}

function text(bytes: Uint8Array): string {
  return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
}
