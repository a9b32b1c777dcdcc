/// <reference lib="deno.worker" />
/**
 * Streams at full speed in a separate thread: a back end that never stops sending, and clients that read everything. It
 * reports the back end's port, is told the engine's port and the number of streams, and reports when the first bytes
 * have come.
 */

const backend = Deno.listen({ hostname: "127.0.0.1", port: 0 });

async function send(connection: Deno.TcpConn): Promise<void> {
  const bytes = new Uint8Array(256 * 1024);
  for (;;) await connection.write(bytes);
}

async function read(port: number): Promise<void> {
  const connection = await Deno.connect({ hostname: "127.0.0.1", port }), buffer = new Uint8Array(256 * 1024);
  let first = true;
  while (await connection.read(buffer) !== null) {
    if (first) postMessage("flows");
    first = false;
  }
}

self.onmessage = ({ data: { port, streams } }: MessageEvent<{ port: number; streams: number }>) => {
  for (let i = 0; i < streams; i++) read(port).catch(() => {});
};
postMessage(backend.addr.port);
for (;;) send(await backend.accept()).catch(() => {});
