/** Builds a ClientHello by hand (RFC 8446, 4.1.2), right or wrong in any part. Knows nothing of the program's reader. */

/** What goes into a hello. Whatever is not given is as a simple client has it. */
export interface HelloParts {
  /** Value of `server_name`; `undefined`: no such extension. */
  readonly serverName?: string;
  /** Value of ALPN; `undefined`: no such extension. */
  readonly alpn?: readonly string[];
  /** More extensions, in front of the others. */
  readonly extensions?: readonly (readonly [type: number, content: readonly number[]])[];
  /** Bytes of an extension `padding` (RFC 7685), behind the others. */
  readonly padding?: number;
  readonly suites?: readonly number[];
  readonly session?: readonly number[];
  readonly version?: number;
}

/** A hello as one TLS record. */
export function clientHello(parts: HelloParts = {}): Uint8Array {
  return records(helloMessage(parts), []);
}

/** A hello as a handshake message, without records. */
export function helloMessage(parts: HelloParts = {}): Uint8Array {
  const { serverName, alpn, padding } = parts, extensions = [...parts.extensions ?? []];
  if (serverName !== undefined) extensions.push([0, sized(2, [0, ...sized(2, latin1(serverName))])]);
  if (alpn !== undefined) extensions.push([16, sized(2, alpn.flatMap((name) => sized(1, latin1(name))))]);
  if (padding !== undefined) extensions.push([21, Array(padding).fill(0)]);
  const body = [
    ...word(parts.version ?? 0x0303),
    ...Array(32).fill(0x52),
    ...sized(1, parts.session ?? []),
    ...sized(2, parts.suites ?? [0x13, 0x01, 0xc0, 0x2f]),
    ...sized(1, [0]),
    ...sized(2, extensions.flatMap(([type, content]) => [...word(type), ...sized(2, content)])),
  ];
  return Uint8Array.from([1, body.length >> 16, ...word(body.length), ...body]);
}

/** A message in records of the given sizes, the rest of it in one more. */
export function records(message: Uint8Array, sizes: readonly number[]): Uint8Array {
  const all: number[] = [];
  let at = 0;
  for (const size of [...sizes, message.length]) {
    const part = message.subarray(at, at += size);
    if (part.length > 0) all.push(22, 3, 1, ...sized(2, [...part]));
  }
  return Uint8Array.from(all);
}

/**
 * A hello as browsers send it: GREASE (RFC 8701) wherever there is room for it, a key of 1,216 bytes for X25519MLKEM768,
 * an encrypted hello (ECH) in the outer one. About 1.8 kB.
 */
export function browserHello(serverName: string, alpn: readonly string[] = ["h2", "http/1.1"]): Uint8Array {
  const key = (group: number, length: number) => [...word(group), ...sized(2, Array(length).fill(0x4b))];
  return clientHello({
    serverName,
    alpn,
    session: Array(32).fill(0x53),
    suites: [0x4a, 0x4a, 0x13, 0x01, 0x13, 0x02, 0x13, 0x03, 0xc0, 0x2b],
    extensions: [
      [0x8a8a, []],
      [0xfe0d, [0, 0, 1, 0, 1, 0x2a, ...sized(2, Array(32).fill(0x45)), ...sized(2, Array(208).fill(0x48))]],
      [10, sized(2, [0xca, 0xca, 0x11, 0xec, 0, 29])],
      [51, sized(2, [...key(0xcaca, 1), ...key(0x11ec, 1216), ...key(29, 32)])],
      [43, sized(1, [0x7a, 0x7a, 3, 4, 3, 3])],
      [0x2a2a, [0]],
    ],
  });
}

function word(value: number): number[] {
  return [(value >> 8) & 0xff, value & 0xff];
}

/** Bytes behind their length, a number of `size` bytes. */
export function sized(size: 1 | 2, bytes: readonly number[]): number[] {
  return [...(size === 1 ? [bytes.length] : word(bytes.length)), ...bytes];
}

function latin1(text: string): number[] {
  return [...text].map((character) => character.charCodeAt(0));
}
