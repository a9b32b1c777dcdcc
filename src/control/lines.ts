/** A line that is longer than it may be. */
export class LineTooLong extends Error {
  override readonly name = "LineTooLong";
}

/**
 * Splits a stream of bytes into lines, without their LF or CR LF. What follows the last LF is a line, too.
 *
 * @param longest bytes a line may have
 * @throws {LineTooLong} on a longer one, having kept no more than that
 */
export async function* lines(chunks: AsyncIterable<Uint8Array>, longest: number): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest = new Uint8Array(0);
  for await (const chunk of chunks) {
    let start = 0;
    for (let end; (end = chunk.indexOf(10, start)) >= 0; start = end + 1) {
      const line = join(rest, chunk.subarray(start, end));
      rest = new Uint8Array(0);
      if (line.length > longest) throw new LineTooLong(`Cannot read line: longer than ${longest} bytes`);
      yield decoder.decode(line).replace(/\r$/, "");
    }
    rest = join(rest, chunk.subarray(start));
    if (rest.length > longest) throw new LineTooLong(`Cannot read line: longer than ${longest} bytes`);
  }
  if (rest.length > 0) yield decoder.decode(rest).replace(/\r$/, "");
}

function join(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}
