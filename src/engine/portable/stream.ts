/** The part of a Deno connection that the relay uses. */
export interface Stream {
  /** What has been read ahead, and comes with the next `read` at once. */
  readonly bytes?: Uint8Array;
  /** Reads what there is; null at the end of the stream. */
  read(buffer: Uint8Array): Promise<number | null>;
  /** Writes some of the bytes and returns how many. */
  write(bytes: Uint8Array): Promise<number>;
  /** Sends the end of the stream; reading goes on. */
  closeWrite(): Promise<void>;
  /** Ends both directions. Pending reads and writes reject. */
  close(): void;
}

/** Closes a stream, even if it is closed already. */
export function closeQuietly(stream: { close(): void } | undefined): void {
  try {
    stream?.close();
  } catch {
    // Closed by the other pump, or by a timeout.
  }
}
