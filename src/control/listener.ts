/** One operator's connection, whatever it runs over. */
export interface Connection {
  /** Bytes as they come, until the other side ends its direction. @throws {Error} when the connection breaks or is closed */
  chunks(): AsyncIterable<Uint8Array>;
  /** Sends text, or its bytes. Resolves when the system has all of it. @throws {Error} when the connection breaks or is closed */
  write(text: string | Uint8Array): Promise<void>;
  /** Ends this direction. */
  finish(): Promise<void>;
  /** Ends both directions at once; pending reads and writes fail. May be called again. */
  close(): void;
}

/** Where operators connect. */
export interface Listener {
  /** Takes no more connections and removes the entry from the control directory, unless another process has it now. */
  close(): void;
  /**
   * Makes the entry, in place of any that is there. Only for a listener that was opened as a draft.
   *
   * @throws {DirectoryError} when it cannot be made
   */
  publish?(): void;
  /** Removes the entry, unless another process has it now. Clients that have connected are still served. */
  withdraw?(): void;
  /** Keeps the entry while a successor takes it. @throws {DirectoryError} when it cannot be kept */
  hold?(): HeldEntry;
  /** Removes what a process that has ended, or has let go of the entry, has left beside it. */
  sweep?(pid: number): void;
}

/** An entry that a successor may take. One of the two is to be called. */
export interface HeldEntry {
  /** Takes the entry back. */
  restore(): void;
  /** Leaves it to the successor. */
  release(): void;
}

/** How to open an entry. */
export interface ListenOptions {
  /** Whether it is only prepared, until `publish`. */
  readonly draft?: boolean;
}

/**
 * Opens an entry of the control directory.
 *
 * @param path the entry, see `entryPath`
 * @param serve called with each connection; when its promise settles the connection has been closed. Must not reject
 * @throws {DirectoryError} when it cannot be opened, or not safely
 */
export type Listen = (
  path: string,
  serve: (connection: Connection) => Promise<void>,
  options?: ListenOptions,
) => Promise<Listener>;
