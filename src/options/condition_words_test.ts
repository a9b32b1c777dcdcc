import assert from "node:assert/strict";
import { groupWords, readGroups } from "./group_words.ts";

const placed = (text: string) => text.split(" ").map((text, word) => ({ text, word: word + 1 }));

function faults(text: string): string[] {
  return readGroups(placed(text)).faults.map(({ code, message, suggestion, word }) => {
    return `${code} ${word} ${message}${suggestion === undefined ? "" : ` → ${suggestion}`}`;
  });
}

Deno.test("a group begins with words that say which clients it is for, in any order", () => {
  const text =
    "from=10.0.0.0/8,@lan sni=WWW.Example.com.,*.example.org,www.example.com a b ! c % proto=tls,none port=443,imap,8000-8010 alpn=h2 d";
  const { groups, faults } = readGroups(placed(text));
  assert.deepEqual(faults, []);
  assert.deepEqual(groups.map(({ conditions }) => conditions), [
    { from: "10.0.0.0/8,@lan", sni: ["www.example.com", "*.example.org"] },
    undefined,
    {
      proto: ["tls", "none"],
      port: [{ first: 443, last: 443 }, { first: 143, last: 143 }, { first: 8000, last: 8010 }],
      alpn: ["h2"],
    },
  ]);
  const written = groupWords(groups);
  assert.equal(
    written.join(" "),
    "sni=www.example.com,*.example.org from=10.0.0.0/8,@lan a b ! c % alpn=h2 port=443,143,8000-8010 proto=tls,none d",
  );
  assert.deepEqual(readGroups(placed(written.join(" "))).groups, groups);
});

Deno.test("a value that no client can meet is refused", () => {
  const cases: Readonly<Record<string, string>> = {
    "sni=": "64 1 condition sni= needs a value: NAMES",
    "sni=a,,b": '64 1 condition sni= has a bad part: "" is empty',
    "sni=*":
      '64 1 condition sni= has a bad part: "*" would be any name; without sni=, or with proto=tls, a group takes them all',
    "sni=a.*.b": '64 1 condition sni= has a bad part: "a.*.b" has "*" in a place other than its first label → *.b',
    "sni=a*.b": '64 1 condition sni= has a bad part: "a*.b" has "*" in a place other than its first label → *.b',
    "sni=10.0.0.1": '64 1 condition sni= has a bad part: "10.0.0.1" is an address; TLS clients ask for names only',
    "sni=[::1]": '64 1 condition sni= has a bad part: "[::1]" is an address; TLS clients ask for names only',
    "sni=a..b": '64 1 condition sni= has a bad part: "a..b" is no host name',
    "sni=bücher.de":
      '64 1 condition sni= has a bad part: "bücher.de" is not in the form that clients send → xn--bcher-kva.de',
    "alpn=h2,\x1b": '64 1 condition alpn= has a bad part: "\\x1b" names no protocol',
    "from=10.0.0.1/8":
      '64 1 condition from= has a bad network: "10.0.0.1/8" has bits set behind its prefix → 10.0.0.0/8',
    "port=0": '64 1 condition port= has a bad part: "0" is neither a port nor a range of ports',
    "port=smtpp": '64 1 condition port= has a bad part: "smtpp" is neither a port nor a range of ports → smtp',
    "proto=tsl": '64 1 condition proto= has a bad part: "tsl" is not tls or ssh or http or none → tls',
  };
  for (const [word, expected] of Object.entries(cases)) assert.deepEqual(faults(`${word} a`), [expected], word);
});

Deno.test("a condition in a wrong place, twice, or beside one that rules it out is refused", () => {
  const cases: Readonly<Record<string, string[]>> = {
    "a sni=x": ['64 2 condition "sni=x" belongs before the first channel of its group, which is "a"'],
    "a ! proto=tls b c port=80": [
      '64 6 condition "port=80" belongs before the first channel of its group, which is "b"',
    ],
    "sni=x": ['69 1 no channel follows condition "sni=x"'],
    "a ! sni=x from=::1": ['69 3 no channel follows condition "sni=x"'],
    "sni=x ! a": ['69 2 empty group before separator "!"; no channel follows condition "sni=x"'],
    "sni=x sni=y a": ['64 2 condition sni= is given twice: "sni=y"; give all values in one word, as in sni=A,B'],
    "sni=x proto=ssh a": ['64 2 condition "proto=ssh": sni= is about TLS clients, which proto=ssh leaves out'],
    "proto=ssh,none alpn=h2 a": [
      '64 2 condition "alpn=h2": alpn= is about TLS clients, which proto=ssh,none leaves out',
    ],
    "sin=x a": ['64 1 unknown condition "sin=x" → sni='],
    "SNI=x a": ['64 1 unknown condition "SNI=x" → sni='],
    "country=de a": ['64 1 unknown condition "country=de", only sni=, alpn=, from=, port=, proto='],
    "weight=3 a": [
      '65 1 invalid channel address "weight=3": a channel\'s options follow its address after a comma: host:80,weight=3',
    ],
  };
  for (const [words, expected] of Object.entries(cases)) assert.deepEqual(faults(words), expected, words);
  assert.deepEqual(faults("sni=x proto=tls a ! sni=x b"), []);
});
