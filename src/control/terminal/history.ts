/** Commands kept. */
export const HISTORY = 500;

/** The commands of earlier dialogues, the oldest first; none if they cannot be read. */
export function readHistory(path: string | undefined): string[] {
  try {
    return path === undefined ? [] : Deno.readTextFileSync(path).split("\n").filter((line) => line !== "");
  } catch {
    return [];
  }
}

/** Saves the commands for the next dialogue, readable only by their owner. */
export function writeHistory(path: string | undefined, history: readonly string[]): void {
  if (path === undefined) return;
  try {
    Deno.mkdirSync(path.replace(/[/\\][^/\\]*$/, ""), { recursive: true, mode: 0o700 });
    Deno.writeTextFileSync(path, history.slice(-HISTORY).join("\n") + "\n", { mode: 0o600 });
  } catch {
    // A history that cannot be kept is no reason to fail.
  }
}
