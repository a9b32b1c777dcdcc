import assert from "node:assert/strict";
import { Token } from "../../src/views/web/token.ts";
import { posix, root, testWith } from "../support/requirements.ts";
import { temporaryDirectory } from "../support/temporary_directory.ts";

testWith(
  [posix],
  "a token is one private line of at least 16 characters, and anything else is refused by name",
  async () => {
    using directory = temporaryDirectory();
    const path = `${directory.path}/token`, word = "sixteen-letters!";
    const write = (text: string, mode = 0o600) => {
      Deno.writeTextFileSync(path, text);
      Deno.chmodSync(path, mode);
    };
    for (const text of [word, `${word}\n`, `${word}\r\n`]) {
      write(text);
      const token = await Token.read(path);
      assert.deepEqual([token.is(word), token.is(`${word}x`), token.is("")], [true, false, false]);
    }
    const wrong: [string, number, RegExp][] = [
      [word, 0o640, /others may use it \(mode 0640\)/],
      [word, 0o604, /others may use it/],
      ["", 0o600, /0 characters/],
      ["short\n", 0o600, /5 characters, fewer than 16/],
      [`${word}\n${word}\n`, 0o600, /one line of visible ASCII/],
      [`${word} x`, 0o600, /one line of visible ASCII/],
      ["x".repeat(600), 0o600, /more than 512/],
    ];
    for (const [text, mode, reason] of wrong) {
      write(text, mode);
      await assert.rejects(
        Token.read(path),
        (error: Error) => error.message.includes(`token file "${path}"`) && reason.test(error.message),
      );
    }
    await assert.rejects(Token.read(`${path}-none`), /does not exist/);
    await assert.rejects(Token.read(directory.path), /is no regular file|cannot be read/);
    const pipe = `${directory.path}/pipe`;
    assert.ok((await new Deno.Command("mkfifo", { args: ["-m", "600", pipe] }).output()).success);
    await assert.rejects(Token.read(pipe), /is no regular file/);
  },
);

testWith([posix, root], "a token in a file of another user is refused", async () => {
  using directory = temporaryDirectory();
  const path = `${directory.path}/token`;
  Deno.writeTextFileSync(path, "a-token-of-somebody-else", { mode: 0o600 });
  Deno.chownSync(path, 65_534, 65_534);
  await assert.rejects(Token.read(path), /belongs to another user/);
  assert.ok((await Token.read(path, 65_534)).is("a-token-of-somebody-else"), "but not that of the user to become");
});
