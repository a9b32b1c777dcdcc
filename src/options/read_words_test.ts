import assert from "node:assert/strict";
import { readDefaultsWords, readProcessWords, readServiceWords } from "./read_words.ts";
import { serviceWords } from "./service_spec.ts";

/** Each fault as the wrong word, what is wrong, and what was meant. */
function faults(words: readonly string[], read: (words: readonly string[]) => ReturnType<typeof readServiceWords>) {
  const { result, faults } = read(words);
  assert.equal(result, undefined);
  return faults.map(({ word, message, suggestion }) => [words[word], message, suggestion]);
}

Deno.test("a service's line has its own values over the defaults", () => {
  const { result: defaults } = readDefaultsWords(["-t", "2", "-a", "-b", "::1", "-b", "::2"]);
  assert.deepEqual(defaults, { connectTimeout: 2, autodisable: true, hostname: ["::1", "::2"] });
  assert.deepEqual(readServiceWords(["--name", "web", "-t3", "80,8000-8001", "a", "%", "-b", "::3"], defaults), {
    result: {
      name: "web",
      ports: [{ first: 80, last: 80, word: "80" }, { first: 8000, last: 8001, word: "8000-8001" }],
      groups: [{ strategy: "hash", channels: [{ host: "a", port: undefined }] }],
      values: { connectTimeout: 3, autodisable: true, hostname: ["::3"] },
    },
    faults: [],
  });
});

Deno.test("a line takes a flag of its defaults back, and the last word about a flag counts", () => {
  const read = (...words: string[]) => readServiceWords(words, { autodisable: true }).result?.values.autodisable;
  assert.deepEqual([read("80"), read("80", "--no-autodisable"), read("--no-autodisable", "-a", "80")], [
    true,
    false,
    true,
  ]);
  assert.deepEqual(readDefaultsWords(["-aH", "--no-autodisable"]).result, { autodisable: false, hashFailover: true });
  assert.deepEqual(readProcessWords(["-d", "--no-debug"]).result, { trace: false });
});

Deno.test("a negative form is an option like others: it belongs somewhere, and has no value", () => {
  assert.deepEqual(faults(["--no-debug", "80", "--no-strict", "--no-ipv6=x"], readServiceWords), [
    ["--no-debug", "option --no-debug belongs on a process line", undefined],
    ["--no-strict", 'unknown option "--no-strict"', "--strict"],
    ["--no-ipv6=x", 'option --no-ipv6 takes no value: "x"', undefined],
  ]);
  assert.deepEqual(faults(["80", "--no-autodisble"], readServiceWords), [
    ["--no-autodisble", 'unknown option "--no-autodisble"', "--no-autodisable"],
  ]);
});

Deno.test("a service is called by the number of its first port unless it has a name", () => {
  assert.equal(readServiceWords(["http,81"]).result?.name, "80");
});

Deno.test("all faults are found, in the order of the words", () => {
  const words = ["-t", "x", "--user", "me", "80,80", "a:b", "!", "!", "--idle-timeout=-1", "-i"];
  assert.deepEqual(faults(words, readServiceWords), [
    ["x", 'option -t takes seconds, 0.001 to 2147483647: "x"', undefined],
    ["--user", "option --user belongs on a process line", undefined],
    ["80,80", 'bad port: "80" is given twice in "80,80"', undefined],
    ["a:b", 'invalid channel address "a:b": "b" is not a port', undefined],
    ["!", 'empty group before separator "!"; "!" ends a group already', undefined],
    ["--idle-timeout=-1", 'option -T takes seconds, 0 to 2147483647: "-1"', undefined],
    ["-i", "option -i is not allowed in a file", undefined],
  ]);
});

Deno.test("what follows an unknown option is not judged, because it may be its value", () => {
  assert.deepEqual(faults(["--idle-timout", "5", "80", "a"], readServiceWords), [
    ["--idle-timout", 'unknown option "--idle-timout"', "--idle-timeout"],
  ]);
});

Deno.test("a list of ports names the part that is wrong", () => {
  const bad = (word: string) => faults([word], readServiceWords).map(([, message]) => message);
  assert.deepEqual(bad("80,no,443"), ['bad port: "no" is neither 1 to 65535 nor a known service in "80,no,443"']);
  assert.deepEqual(bad("80,"), ['bad port: "" is neither 1 to 65535 nor a known service in "80,"']);
  assert.deepEqual(bad("0-5"), ['bad port: "0-5" goes beyond 1 to 65535']);
  assert.deepEqual(bad("5-65536"), ['bad port: "5-65536" goes beyond 1 to 65535']);
  assert.deepEqual(bad("9-8"), ['bad port: "9-8" ends before it begins']);
  assert.deepEqual(bad("http,8000-8010,8005"), ['bad port: "8005" overlaps "8000-8010" in "http,8000-8010,8005"']);
  assert.deepEqual(bad("http,80"), ['bad port: "80" overlaps "http" in "http,80"']);
});

Deno.test("a missing port is a fault behind the last word", () => {
  assert.deepEqual(readServiceWords(["-a"]).faults.map(({ word, message }) => [word, message]), [[1, "missing port"]]);
});

Deno.test("defaults are options of services, and a process line has those of the process", () => {
  const read = readDefaultsWords as typeof readServiceWords;
  assert.deepEqual(faults(["-a", "80", "--name", "x", "--threads", "2"], read), [
    ["80", 'unexpected word after defaults: "80"', undefined],
    ["--name", "option --name belongs to one service, not to a defaults line", undefined],
    ["--threads", "option --threads belongs on a process line", undefined],
  ]);
  assert.deepEqual(readProcessWords(["--threads", "2", "--max-connections=5", "-f"]).result, {
    threads: 2,
    maxConnections: 5,
    foreground: true,
  });
  assert.deepEqual(faults(["-a", "80"], readProcessWords as typeof readServiceWords), [
    ["-a", "option -a belongs on a service's line or a defaults line", undefined],
    ["80", 'unexpected word after process: "80"', undefined],
  ]);
});

Deno.test("a wrong word suggests the right one", () => {
  assert.deepEqual(faults(["--engine", "linus"], readProcessWords as typeof readServiceWords), [
    ["linus", 'option --engine takes auto or portable or linux: "linus"', "linux"],
  ]);
});

Deno.test("every port alone is a list of ports, in which the first one that is given twice is named", () => {
  const all = Array.from({ length: 65535 }, (_, i) => i + 1).join(",");
  assert.equal(readServiceWords([all, "a"]).result?.ports.length, 65535);
  assert.match(readServiceWords([`${all},7`, "a"]).faults[0].message, /^bad port: "7" is given twice in "1,2,/);
});

Deno.test("--allow and --deny make one list, in the order in which they are given", () => {
  const { result } = readServiceWords("--deny 10.0.0.1 80 a --allow 10.0.0.0/8,::1 --deny all".split(" "));
  assert.deepEqual(result?.values.accessRules, [
    { action: "deny", networks: "10.0.0.1" },
    { action: "allow", networks: "10.0.0.0/8,::1" },
    { action: "deny", networks: "all" },
  ]);
  assert.deepEqual(serviceWords(result!), [
    ...["--deny", "10.0.0.1", "--allow", "10.0.0.0/8,::1", "--deny", "all", "80", "a"],
  ]);
});

Deno.test("rules of a service come before those of its defaults, other lists in place of theirs", () => {
  const defaults = readDefaultsWords("--deny @bad --allow-peer 10.0.0.0/8".split(" ")).result!;
  const words = (...own: string[]) => serviceWords(readServiceWords([...own, "80", "a"], defaults).result!).join(" ");
  assert.equal(words(), "--deny @bad --allow-peer 10.0.0.0/8 80 a");
  assert.equal(words("--allow", "::1"), "--allow ::1 --deny @bad --allow-peer 10.0.0.0/8 80 a");
  assert.equal(words("--allow-peer", "::1"), "--deny @bad --allow-peer ::1 80 a");
});

Deno.test("networks and rates that cannot be read say why", () => {
  const message = (...words: string[]) => {
    const [{ message, suggestion }] = readServiceWords([...words, "80", "a"]).faults;
    return suggestion === undefined ? message : `${message} → ${suggestion}`;
  };
  assert.equal(
    message("--allow", "::1,10.0.0.1/8"),
    'option --allow has a bad network: "10.0.0.1/8" has bits set behind its prefix → 10.0.0.0/8',
  );
  assert.equal(
    message("--accept-proxy", "web1"),
    'option --accept-proxy has a bad network: "web1" is not a numeric address',
  );
  for (const rate of ["10", "0/1", "10/0", "10/1,", "10/1,0", "a/1", "1/1e3", "1/86401"]) {
    assert.equal(
      message("--rate", rate),
      `option --rate takes N/SEC[,BURST], as in 10/1 for ten in a second; seconds up to 86400: "${rate}"`,
    );
  }
  assert.deepEqual(readServiceWords(["--rate", "10/0.5,20", "80"]).result?.values.rate, {
    count: 10,
    seconds: 0.5,
    burst: 20,
  });
});

Deno.test("an option about another one needs that, unless it is a default for other services", () => {
  const message = (line: string) => readServiceWords(line.split(" ")).faults.map(({ message }) => message);
  const v2 = "needs --proxy v2, or a channel with proxy=v2";
  assert.deepEqual(message("--proxy-checksum 80 a"), [`option --proxy-checksum ${v2}`]);
  assert.deepEqual(message("--proxy v1 --proxy-unique-id 80 a,proxy=off"), [`option --proxy-unique-id ${v2}`]);
  assert.deepEqual(message("--proxy v2 --proxy-pass-tlv 80 a"), [
    "option --proxy-pass-tlv needs --accept-proxy NETWORKS",
  ]);
  assert.deepEqual(message("--accept-proxy ::1 --proxy-pass-tlv 80 a"), [`option --proxy-pass-tlv ${v2}`]);
  assert.deepEqual(message("--check-expect 200 80 a"), [
    "option --check-expect needs --check http:PATH or https:PATH",
  ]);
  for (
    const line of ["--proxy v2 --proxy-checksum 80 a", "--no-proxy-checksum 80", "--proxy-unique-id 80 a ! b,proxy=v2"]
  ) {
    assert.deepEqual(message(line), [], line);
  }
  const { result: defaults } = readDefaultsWords(["--proxy", "v2", "--proxy-checksum"]);
  const words = (line: string) => serviceWords(readServiceWords(line.split(" "), defaults).result!).join(" ");
  assert.equal(words("80 a"), "--proxy v2 --proxy-checksum 80 a");
  assert.equal(words("--proxy v1 80 a"), "--proxy v1 80 a");
});
