import { createHash, timingSafeEqual } from "node:crypto";
import { quote } from "../../log/escape.ts";

/** Fewest and most characters of a token. */
const SHORTEST = 16, LONGEST = 512;

/** A word that opens the page. Only its hash is kept. */
export class Token {
  readonly #hash: Uint8Array;

  constructor(word: string) {
    this.#hash = hashOf(word);
  }

  /**
   * Reads one from a file: its only line, of 16 to 512 visible ASCII characters. Whoever may read the file may use the
   * page, so only its owner may, and that must be this user or root.
   *
   * @param future the number of the user that this process becomes, who may own it as well
   * @throws {Error} naming the file, and what is wrong with it
   */
  static async read(path: string, future?: number): Promise<Token> {
    const fail = (reason: string): never => {
      throw new Error(`token file ${quote(path)}: ${reason}`);
    };
    // A pipe that nobody writes to would never open.
    const kind = await Deno.stat(path).catch((error) => fail(reasonOf(error)));
    if (!kind.isFile) fail("is no regular file");
    const file = await Deno.open(path).catch((error) => fail(reasonOf(error)));
    try {
      const { mode, uid } = await file.stat();
      // Windows has no modes.
      if (mode !== null && (mode & 0o077) !== 0) {
        fail(`others may use it (mode ${(mode & 0o7777).toString(8).padStart(4, "0")}); chmod 600 makes it private`);
      }
      const user = Deno.uid();
      if (user !== null && uid !== null && ![0, user, future].includes(uid)) fail("belongs to another user");
      const bytes = new Uint8Array(LONGEST + 3);
      let length = 0;
      for (let count: number | null = 0; count !== null && length < bytes.length; length += count ?? 0) {
        count = await file.read(bytes.subarray(length));
      }
      const word = new TextDecoder("latin1").decode(bytes.subarray(0, length)).replace(/\r?\n$/, "");
      if (!/^[\x21-\x7e]*$/.test(word)) fail("must be one line of visible ASCII characters");
      if (word.length < SHORTEST) fail(`has a token of ${word.length} characters, fewer than ${SHORTEST}`);
      if (word.length > LONGEST) fail(`has a token of more than ${LONGEST} characters`);
      return new Token(word);
    } finally {
      file.close();
    }
  }

  /** Whether a word is this token. Takes as long whatever the word is. */
  is(word: string): boolean {
    return timingSafeEqual(hashOf(word), this.#hash);
  }
}

function hashOf(word: string): Uint8Array {
  return createHash("sha256").update(word).digest();
}

function reasonOf(error: unknown): string {
  if (error instanceof Deno.errors.NotFound) return "does not exist";
  if (error instanceof Deno.errors.PermissionDenied) return "may not be read";
  return `cannot be read: ${(error as Error).message.split(", open ")[0]}`;
}
