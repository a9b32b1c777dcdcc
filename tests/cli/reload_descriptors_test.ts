/** A reload that needs more descriptors than there are. */
import assert from "node:assert/strict";
import { ENGINES } from "../faults/subject.ts";
import { namedBackend } from "../support/backends.ts";
import { Client } from "../support/client.ts";
import { eventually } from "../support/eventually.ts";
import { answerOn, FileInstance } from "../support/file_instance.ts";
import { freePorts } from "../support/free_port.ts";
import { programPath, run } from "../support/program.ts";
import { installed, linux, testWith } from "../support/requirements.ts";

const LIMIT = 256, BEFORE = ["prlimit", `--nofile=${LIMIT}:${LIMIT}`];

for (const engine of ENGINES) {
  testWith(
    [linux, installed("prlimit")],
    `${engine}: a reload is refused as a whole, in the words of --check-config, when descriptors are too few`,
    async () => {
      await using backend = namedBackend("a");
      const port = freePorts(72), web = `-b 127.0.0.1 --name web ${port} 127.0.0.1:${backend.port}`;
      await using instance = await FileInstance.start([web], ["--engine", engine, "--threads", "1"], {}, BEFORE);
      const many = (last: number) => `-b 127.0.0.1 --name many ${port + 2}-${last} 127.0.0.1:${backend.port}`;
      const refused = async (lines: string[], message: RegExp) => {
        await instance.write(lines);
        for (const command of ["reload --dry-run", "reload"]) {
          const { code, stdout } = await instance.run(command, undefined, ["--strict"]);
          assert.match(stdout, message);
          assert.equal(code, 1);
        }
        assert.equal(await answerOn(port), "a");
        await assert.rejects(Client.connect(port + 1));
      };
      const other = `-b 127.0.0.1 --name other ${port + 1} 127.0.0.1:${backend.port}`;
      const tooMany = /services\.conf:3:.*: 302 listening sockets are too many for a descriptor limit of 256 /;
      await refused([web, other, many(port + 301)], tooMany);
      const check = ["--check-config", "--engine", engine, "--threads", "1", "--config", programPath(instance.file)];
      const { stderr } = await run(check, { before: BEFORE });
      assert.match(stderr, tooMany);
      // As many as there may be, but not while others use the descriptors.
      const clients = await Promise.all(Array.from({ length: 90 }, () => Client.connect(port)));
      await eventually("they are served", () => backend.open === clients.length);
      const now = /^71 more listening sockets cannot be opened now: \d+ of 256 descriptors are in use\n/;
      await refused([web, other, many(port + 71)], now);
      for (const client of clients) client[Symbol.dispose]();
      await eventually("they have left", () => backend.open === 0);
      assert.match(await instance.control("reload"), /^service "other": added\n/);
      assert.deepEqual([await answerOn(port + 1), await answerOn(port + 71)], ["a", "a"]);
    },
  );
}
