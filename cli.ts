import { main } from "./src/cli/main.ts";

if (import.meta.main) {
  // Read first: the path changes if the file is replaced while it runs.
  const program = Deno.execPath();
  Deno.exit(await main(program, Deno.args));
}
