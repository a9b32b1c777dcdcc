/** One operator's connection, whatever it runs over. */
export interface Connection {
  /** Bytes as they come, until the other side ends its direction. @throws {Error} when the connection breaks or is closed */
  chunks(): AsyncIterable<Uint8Array>;
  /** Sends text. Resolves when the system has all of it. @throws {Error} when the connection breaks or is closed */
  write(text: string): Promise<void>;
  /** Ends this direction. */
  finish(): Promise<void>;
  /** Ends both directions at once; pending reads and writes fail. May be called again. */
  close(): void;
}

/** Where operators connect. */
export interface Listener {
  /** Takes no more connections and removes the entry from the control directory. */
  close(): void;
}

/**
 * Opens an entry of the control directory.
 *
 * @param path the entry, see `entryPath`
 * @param serve called with each connection; when its promise settles the connection has been closed. Must not reject
 * @throws {DirectoryError} when it cannot be opened, or not safely
 */
export type Listen = (path: string, serve: (connection: Connection) => Promise<void>) => Promise<Listener>;
