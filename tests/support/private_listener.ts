/**
 * Listens on a Unix socket that only its owner can use, as the program's control sockets are. The process's umask stays
 * as it is: tests that run at the same time in other threads share it.
 */
export function privateListener(path: string): Deno.UnixListener {
  const listener = Deno.listen({ transport: "unix", path });
  Deno.chmodSync(path, 0o600);
  return listener;
}
