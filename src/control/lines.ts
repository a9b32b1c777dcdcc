/** A line that is too long. */
export class LineTooLong extends Error {
  override readonly name = "LineTooLong";
}

/**
 * Splits a stream of bytes into lines, without their LF or CR LF. What follows the last LF is also a line.
 *
 * @param longest most bytes of a line; no more are kept
 * @param beyond what happens to a longer one: `throw` ends with an error, `cut` drops the excess bytes
 * @throws {LineTooLong} on a longer one
 */
export async function* lines(
  chunks: AsyncIterable<Uint8Array>,
  longest: number,
  beyond: "throw" | "cut" = "throw",
): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = new Uint8Array(0);
  const extend = (bytes: Uint8Array) => {
    if (rest.length + bytes.length <= longest) return join(rest, bytes);
    if (beyond === "throw") throw new LineTooLong(`Cannot read line: longer than ${longest} bytes`);
    return join(rest, bytes.subarray(0, longest - rest.length));
  };
  for await (const chunk of chunks) {
    let start = 0;
    for (let end; (end = chunk.indexOf(10, start)) >= 0; start = end + 1) {
      const line = extend(chunk.subarray(start, end));
      rest = new Uint8Array(0);
      yield decoder.decode(line).replace(/\r$/, "");
    }
    rest = extend(chunk.subarray(start));
  }
  if (rest.length > 0) yield decoder.decode(rest).replace(/\r$/, "");
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
