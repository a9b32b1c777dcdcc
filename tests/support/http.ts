/** A plain HTTP client, which sends what it is told and shows what comes. */

/** Where to connect: a port of 127.0.0.1, or the path of a Unix socket. */
export type Place = number | string;

/** An answer. */
export interface Answer {
  readonly status: number;
  /** By names in lower case. */
  readonly headers: Headers;
  readonly body: string;
}

/** Connects to a place. */
export async function connectTo(place: Place): Promise<Deno.Conn> {
  return typeof place === "number"
    ? await Deno.connect({ hostname: "127.0.0.1", port: place })
    : await Deno.connect({ transport: "unix", path: place });
}

/** Asks for a path. @param fields more fields of the head, one a line */
export async function get(place: Place, path: string, fields = "Host: localhost\r\n"): Promise<Answer> {
  return await ask(place, `GET ${path} HTTP/1.1\r\n${fields}Connection: close\r\n\r\n`);
}

/** Sends a text and reads until the server ends the connection. */
export async function ask(place: Place, text: string): Promise<Answer> {
  using connection = await connectTo(place);
  const bytes = new TextEncoder().encode(text);
  for (let at = 0; at < bytes.length;) at += await connection.write(bytes.subarray(at));
  return parse(await new Response(connection.readable).text());
}

/** Reads the text of an answer. */
export function parse(text: string): Answer {
  const end = text.indexOf("\r\n\r\n"), [first, ...lines] = text.slice(0, end).split("\r\n");
  const headers = new Headers(lines.map((line) => line.split(/:\s*(.*)/, 2) as [string, string]));
  return { status: Number(first.split(" ")[1]), headers, body: text.slice(end + 4) };
}
