/** Deno's inspector, which lets whoever connects to it run code in the process. */
import { eventually } from "../support/eventually.ts";
import { Instance } from "../support/instance.ts";
import { condition, linux, testWith } from "../support/requirements.ts";

/** Where Deno opens it, as /proc/net/tcp writes it, and the state of a socket that listens. */
const PLACE = "0100007F:2409", LISTENS = "0A";

testWith(
  [linux, opensIt()],
  "SIGUSR1, which opens Deno's inspector as well as log files, leaves it closed",
  async () => {
    await using instance = await Instance.start(["127.0.0.1:1"]);
    for (let i = 0; i < 2; i++) {
      const seen = instance.stderr.text.length;
      // Deno begins to heed the signal half a second after its start.
      await eventually("it was open", () => {
        instance.signal("SIGUSR1");
        return instance.stderr.text.slice(seen).includes("Debugger listening");
      });
      await eventually("it is closed", () => !inspectorOpen());
    }
  },
);

function inspectorOpen(): boolean {
  return Deno.readTextFileSync("/proc/net/tcp").split("\n").some((line) => {
    const [, place, , state] = line.trim().split(/\s+/);
    return place === PLACE && state === LISTENS;
  });
}

function opensIt() {
  const [major, minor, patch] = Deno.version.deno.split(".").map(Number);
  const newEnough = 1e6 * major + 1e3 * minor + patch >= 2_009_002;
  return condition(
    newEnough && Deno.env.get("BALANCE_PROGRAM") === undefined && !inspectorOpen(),
    "needs a Deno that opens the inspector, and nobody else who has",
  );
}
