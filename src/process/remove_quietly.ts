/** Removes a file if it is there and may be removed. */
export function removeQuietly(path: string): void {
  try {
    Deno.removeSync(path);
  } catch {
    // There is none, or it must stay.
  }
}
