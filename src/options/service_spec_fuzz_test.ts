import assert from "node:assert/strict";
import fc from "fast-check";
import { parameters } from "../../tests/fuzz/parameters.ts";
import type { Kind } from "./kinds/kind.ts";
import { optionRecords } from "./option_records.ts";
import { readProcessWords, readServiceWords } from "./read_words.ts";
import { processWords, serviceWords } from "./service_spec.ts";
import { negativeName, type OptionRecord } from "./option_record.ts";

const address = fc.oneof(fc.constant("::1"), fc.constant("10.0.0.1"), fc.constant("fe80::1%eth0"));
const seconds = fc.oneof(
  fc.integer({ min: 1, max: 2147483 }),
  fc.double({ min: 0.001, max: 2147483, noNaN: true }),
);

/** Words that options of each kind take. */
function wordFor({ name, kind }: OptionRecord): fc.Arbitrary<string> {
  const { metavar, words } = kind as Kind<unknown>;
  if (name === "name") return fc.stringMatching(/^[a-z][\w.-]{0,9}$/);
  if (name === "source") return fc.oneof(address, fc.constant("client"));
  if (name === "connection-log-format") return fc.constantFrom("text", "json", "%ci:%cp [%t] 100%%", "%end");
  if (words !== undefined) return fc.constantFrom(...words);
  switch (metavar) {
    case undefined:
      return fc.constant("");
    case "ADDR":
      return address;
    case "ADDR[:PORT]":
      return fc.constantFrom("10.0.0.53", "::1", "127.0.0.1:5353", "[::1]:53", "[2001:db8::53]:8053");
    case "[ADDR:]PORT|PATH":
      return fc.constantFrom("9101", "localhost:9101", "0.0.0.0:1", "[::1]:65535", "/run/m.sock", "./a b");
    case "SEC":
      return fc.oneof(seconds.map((value) => value.toFixed(6)), fc.constantFrom("1.", ".5", "00000.0010000001"));
    case "N":
    case "BYTES":
      return fc.integer({ min: 1, max: 2 ** 31 - 1 }).map(String);
    case "I[,T[,N]]":
      return fc.constantFrom("1", "60,5", "32767,32767,127");
    case "BITS":
      return fc.integer({ min: 1, max: 128 }).map(String);
    case "N/SEC":
      return fc.constantFrom("1/1", "10/.5,20", "100/60.");
    case "NETWORKS":
      return fc.constantFrom("10.0.0.0/8,::1", "@a b", "10.0.0.1-10.0.0.9,all", "::ffff:10.0.0.1", "FE80::/10");
    case "[FILE]":
      return fc.stringMatching(/^[ -~]{1,9}$/);
    case "NETS":
      return fc.constantFrom("10.0.0.0/8,::1", "all");
    case "NAME":
      return fc.constantFrom("balance", "65534", "_a$");
    case "NAME=FILE":
      return fc.stringMatching(/^[a-d]{1,2}=[ -~]{1,9}$/);
    default:
      return fc.stringMatching(/^[ -~]{1,12}$/);
  }
}

const entries: [string, OptionRecord][] = Object.entries(optionRecords);

/** Words of some options that belong to one of these. */
function options(...scopes: OptionRecord["scope"][]): fc.Arbitrary<string[]> {
  const own = entries.filter(([, { scope }]) => scopes.includes(scope));
  const one = fc.constantFrom(...own).chain(([, record]) => {
    const { name, kind: { metavar, bare } } = record;
    const given = metavar === undefined ? [] : [wordFor(record).map((word) => `--${name}=${word}`)];
    const alone = metavar !== undefined && bare === undefined ? [] : [`--${name}`, `--${negativeName(record)}`];
    return fc.oneof(...given, ...alone.map((word) => fc.constant(word)));
  });
  // Each strategy has a name of its own.
  const nameOf = (word: string) => word.startsWith("--strategy=") ? word.split("=")[1] : Symbol();
  return fc.uniqueArray(one, { maxLength: 6, selector: nameOf });
}

const ports = fc.constantFrom("80", "0080", "80,443", "8000-8010", "http,https", "pop-3,8000-8010,9");
const channels = fc.array(
  fc.constantFrom(
    ...["a", "b:80", "[::1]::16", "c:http:5", "!", "%", "d", "e,weight=3", "f:80:5,name=x", "[::1]:80,weight=0,name=y"],
    ...["g,maxc=7", "%least", "%rr", "h,all", "srv:_http._tcp.i::5", "a,proxy=v2"],
    ...["sni=*.A.b,c.", "alpn=h2,http/1.1", "from=10.0.0.0/8,@f", "port=443,http,8000-8010", "proto=tls,none"],
  ),
  { maxLength: 8 },
);

Deno.test("a service that is written as words is read back the same, and written the same again", () => {
  fc.assert(
    fc.property(options("service", "both"), ports, channels, (given, port, rest) => {
      const { result: spec, faults } = readServiceWords([...given, port, ...rest]);
      if (spec === undefined) return fc.pre(faults.length === 0);
      const words = serviceWords(spec), again = readServiceWords(words);
      assert.deepEqual(again, { result: spec, faults: [] });
      assert.deepEqual(serviceWords(again.result!), words);
    }),
    parameters(1000),
  );
});

Deno.test("options of the process that are written as words are read back the same", () => {
  fc.assert(
    fc.property(options("process", "both"), (given) => {
      const { result: values, faults } = readProcessWords(given);
      assert.deepEqual(faults, []);
      assert.deepEqual(readProcessWords(processWords(values!)), { result: values, faults: [] });
    }),
    parameters(500),
  );
});
