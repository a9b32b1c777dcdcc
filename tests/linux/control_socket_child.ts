/** Serves a control socket that it was given, as far as its test needs one: out of descriptors first, then no more. */
import { listenInherited } from "../../src/control/inherited_listener.ts";
import { listeningUnixSocket } from "../../src/process/listening_unix_socket.ts";
import { pause } from "../support/eventually.ts";

// As the program does: Deno cannot add the first listener while it is out of descriptors.
Deno.addSignalListener("SIGUSR1", () => {});
const [path] = Deno.args, socket = Deno.listen({ transport: "unix", path });
const listener = listenInherited(listeningUnixSocket(path)!, async (connection) => {
  await connection.write("here");
  connection.close();
});
listener.publish!();
const say = (word: string) => Deno.stdout.writeSync(new TextEncoder().encode(`${word}\n`));
const held: Deno.FsFile[] = [], input = Deno.stdin.readable.getReader();
try {
  for (;;) held.push(Deno.openSync("/dev/null"));
} catch {
  say("full");
}
await input.read();
// Nothing tells that an accept has failed.
await pause(100);
for (const file of held) file.close();
say("free");
await input.read();
listener.close();
socket.close();
Deno.exit(0);
