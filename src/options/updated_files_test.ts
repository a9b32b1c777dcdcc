import assert from "node:assert/strict";
import { read, spec, updated } from "../../tests/support/written_files.ts";
import { updatedFiles } from "./updated_files.ts";

const TEXT = `# All services.

# the web
balance --name web   80 web1   # first
  ! standby

# mail, old
25 mail1

process --threads 2
balance --name db 5432 db1`;

Deno.test("a file whose services are as they were is not written", () => {
  assert.deepEqual(updatedFiles(read({ a: TEXT }), read({ a: TEXT }).spec.services), []);
  assert.deepEqual(updatedFiles(read({ a: "http web1:80" }), [spec("80 web1:http")]), []);
});

Deno.test("a changed service is written anew below its comments, the others keep their lines", () => {
  const [web, mail, db] = read({ a: TEXT }).spec.services;
  const changed = { ...web, values: { connectTimeout: 2 } };
  assert.equal(
    updated({ a: TEXT }, [changed, mail, db]).a,
    TEXT.replace(/balance --name web.*\n.*/, "# first\nbalance --name web -t 2 80 web1 ! standby") + "\n",
  );
});

Deno.test("a removed service goes with the comment that stands for it alone", () => {
  const [web, , db] = read({ a: TEXT }).spec.services;
  assert.equal(updated({ a: TEXT }, [web, db]).a, TEXT.replace("# mail, old\n25 mail1\n\n", "") + "\n");
  assert.equal(updated({ a: "# both\n80 a\n81 b\n" }, [spec("81 b")]).a, "# both\n81 b\n");
});

Deno.test("a new service comes last", () => {
  const services = read({ a: TEXT }).spec.services;
  assert.equal(updated({ a: TEXT }, [...services, spec("443 web1 !")]).a, `${TEXT}\nbalance 443 web1\n`);
  assert.equal(updated({ a: "80 a\n# end\n" }, [spec("80 a"), spec("81 b")]).a, "80 a\n# end\n\nbalance 81 b\n");
  assert.equal(updated({ a: "" }, [spec("80 a")]).a, "balance 80 a\n");
});

Deno.test("a service of an included file is written there", () => {
  const files = { a: "defaults -t 2\ninclude b\n80 x\n", b: "81 y\n" };
  assert.deepEqual(updated(files, [spec("-t 2 80 x"), spec("-t 2 81 y z")]), { ...files, b: "balance 81 y z\n" });
});

Deno.test("a service is written with what its defaults lack, or without defaults", () => {
  const file = { a: "defaults -a -t 2\n80 x\n81 y\n" };
  assert.equal(
    updated(file, [spec("-a 80 x z"), spec("-a -t 3 81 y")]).a,
    "defaults -a -t 2\nbalance -t 5 80 x z\nbalance -t 3 81 y\n",
  );
  assert.equal(
    updated(file, [spec("-t 2 80 x"), spec("-a -t 2 81 y"), spec("82 z")]).a,
    "defaults -a -t 2\nbalance --no-autodisable 80 x\n81 y\nbalance --no-autodisable -t 5 82 z\n",
  );
  // The system has a default for this one, which has no words.
  assert.equal(
    updated({ a: "defaults -B 127.0.0.1\n80 x\n81 y\n" }, [spec("80 x"), spec("-B 127.0.0.1 81 y")]).a,
    "defaults -B 127.0.0.1\ndefaults\nbalance 80 x\ndefaults -B 127.0.0.1\n81 y\n",
  );
});

Deno.test("a service is written without the rules of its defaults, which follow its own", () => {
  const file = { a: "defaults --deny 10.0.0.1\n80 x\n81 y\n" };
  assert.equal(
    updated(file, [spec("--allow ::1 --deny 10.0.0.1 80 x"), spec("--deny 10.0.0.1 --allow ::1 81 y")]).a,
    "defaults --deny 10.0.0.1\nbalance --allow ::1 80 x\ndefaults\n" +
      "balance --deny 10.0.0.1 --allow ::1 81 y\ndefaults --deny 10.0.0.1\n",
  );
});

Deno.test("line ends and the byte order mark stay", () => {
  const file = { a: "\ufeff80 x\r\n81 y\n# z" };
  assert.equal(updated(file, [spec("80 x"), spec("81 z")]).a, "\ufeff80 x\r\nbalance 81 z\r\n# z\r\n");
});
