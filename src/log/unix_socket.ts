/** Constants and error numbers (socket(2), unix(4), errno(3)) of the systems that have a system log. */
const SYSTEMS = {
  linux: {
    library: "",
    errnoSymbol: "__errno_location",
    /** SOCK_NONBLOCK | SOCK_CLOEXEC. */
    typeFlags: 0x800 | 0x80000,
    /** MSG_DONTWAIT | MSG_NOSIGNAL. */
    sendFlags: 0x40 | 0x4000,
    longestPath: 107,
    errors: {
      2: "ENOENT",
      11: "EAGAIN",
      13: "EACCES",
      90: "EMSGSIZE",
      91: "EPROTOTYPE",
      105: "ENOBUFS",
      111: "ECONNREFUSED",
    },
  },
  darwin: {
    library: "libSystem.B.dylib",
    errnoSymbol: "__error",
    typeFlags: 0,
    /** MSG_DONTWAIT. */
    sendFlags: 0x80,
    longestPath: 103,
    errors: {
      2: "ENOENT",
      13: "EACCES",
      35: "EAGAIN",
      40: "EMSGSIZE",
      41: "EPROTOTYPE",
      55: "ENOBUFS",
      61: "ECONNREFUSED",
    },
  },
} as const;

const AF_UNIX = 1;

/** Socket types (socket(2)). */
export const SOCK_STREAM = 1, SOCK_DGRAM = 2;

/** `ioctl` that sets close-on-exec; takes no third argument (macOS). */
const FIOCLEX = 0x20006601;

/** Where the system log listens. */
export const SYSTEM_LOG = Deno.build.os === "darwin" ? "/var/run/syslog" : "/dev/log";

/** Outcome of a call: `ok` or the name of the error. */
export type Outcome =
  | "ok"
  | "EAGAIN"
  | "ENOBUFS"
  | "EMSGSIZE"
  | "EPROTOTYPE"
  | "ENOENT"
  | "EACCES"
  | "ECONNREFUSED"
  | "other";

/** A Unix socket that sends and never waits. */
export class UnixSocket {
  readonly #system;
  readonly #library;
  readonly #errno: Int32Array;
  readonly #address: Uint8Array<ArrayBuffer>;
  #fd = -1;

  /**
   * @param path where the other side listens; one that begins with NUL is an abstract name (Linux, unix(7))
   * @throws {Error} where libc cannot be called, or the path is too long for a socket
   */
  constructor(path: string) {
    if (Deno.build.os !== "linux" && Deno.build.os !== "darwin") throw new Error(`this is ${Deno.build.os}`);
    const system = this.#system = SYSTEMS[Deno.build.os];
    const name = new TextEncoder().encode(path);
    if (name.length > system.longestPath) throw new Error("the path is too long for a socket");
    // A path ends with NUL; an abstract name ends where the address ends.
    this.#address = new Uint8Array(2 + name.length + (name[0] === 0 ? 0 : 1));
    // The family takes two bytes on Linux; elsewhere the first of them is the length.
    if (Deno.build.os === "linux") new DataView(this.#address.buffer).setUint16(0, AF_UNIX, true);
    else this.#address.set([this.#address.length, AF_UNIX]);
    this.#address.set(name, 2);
    this.#library = Deno.dlopen(system.library, {
      socket: { parameters: ["i32", "i32", "i32"], result: "i32" },
      connect: { parameters: ["i32", "buffer", "u32"], result: "i32" },
      send: { parameters: ["i32", "buffer", "usize", "i32"], result: "isize" },
      ioctl: { parameters: ["i32", "usize"], result: "i32" },
      close: { parameters: ["i32"], result: "i32" },
      errno: { name: system.errnoSymbol, parameters: [], result: "pointer" },
    });
    const place = this.#library.symbols.errno()!;
    this.#errno = new Int32Array(Deno.UnsafePointerView.getArrayBuffer(place, 4));
  }

  /** Connects anew. @param type SOCK_DGRAM or SOCK_STREAM */
  connect(type: number): Outcome {
    this.disconnect();
    const { symbols } = this.#library;
    this.#fd = symbols.socket(AF_UNIX, type | this.#system.typeFlags, 0);
    if (this.#fd < 0) return this.#error(this.#errno[0]);
    if (Deno.build.os !== "linux") symbols.ioctl(this.#fd, BigInt(FIOCLEX));
    if (symbols.connect(this.#fd, this.#address, this.#address.length) === 0) return "ok";
    const outcome = this.#error(this.#errno[0]);
    this.disconnect();
    return outcome;
  }

  /** Sends as much as possible without waiting. @returns the number of bytes, or the error */
  send(bytes: Uint8Array<ArrayBuffer>): number | Outcome {
    const sent = this.#library.symbols.send(this.#fd, bytes, BigInt(bytes.length), this.#system.sendFlags);
    return sent < 0 ? this.#error(this.#errno[0]) : Number(sent);
  }

  disconnect(): void {
    if (this.#fd >= 0) this.#library.symbols.close(this.#fd);
    this.#fd = -1;
  }

  /** Releases everything. */
  close(): void {
    this.disconnect();
    this.#library.close();
  }

  #error(number: number): Outcome {
    return (this.#system.errors as Record<number, Outcome>)[number] ?? "other";
  }
}
