/**
 * Whether standard error leads to the systemd journal, which notes the time of each line itself and takes a priority
 * from its beginning. Its `JOURNAL_STREAM` names device and inode of the stream (systemd.exec(5)), so that whoever
 * redirects standard error is not mistaken for it.
 */
export async function stderrIsJournal(): Promise<boolean> {
  const variable = "JOURNAL_STREAM";
  // Queried first, so that Deno does not prompt.
  if (Deno.permissions.querySync({ name: "env", variable }).state !== "granted") return false;
  const stream = Deno.env.get(variable);
  if (stream === undefined) return false;
  const { fstatSync } = await import("node:fs");
  try {
    const { dev, ino } = fstatSync(2, { bigint: true });
    return isStream(stream, dev, ino);
  } catch {
    return false;
  }
}

/** Whether `JOURNAL_STREAM` has this value for the stream with this device and inode. */
export function isStream(value: string, device: bigint, inode: bigint): boolean {
  return value === `${device}:${inode}`;
}
