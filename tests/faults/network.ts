/** Changes to the network of the namespace that a scenario runs in. */

/** Runs `ip` of iproute2. @throws {Error} with what it said */
function ip(words: string): void {
  const { success, stderr } = new Deno.Command("ip", { args: words.split(" ") }).outputSync();
  if (!success) throw new Error(`Cannot run ip ${words}: ${new TextDecoder().decode(stderr)}`);
}

/** An address whose neighbour entry points nowhere: whatever is sent there is dropped without a word. */
export function silentNeighbour(): string {
  ip("link add hole0 type veth peer name hole1");
  ip("addr add 10.9.0.1/24 dev hole0");
  ip("link set hole0 up");
  ip("link set hole1 up");
  ip("neigh add 10.9.0.2 lladdr 02:00:00:00:00:01 dev hole0 nud permanent");
  return "10.9.0.2";
}

/** A host that is there at first: an address of this machine that can be made to vanish. */
export class VanishingHost {
  readonly address = "10.9.1.2";

  constructor() {
    silentNeighbour();
    ip(`addr add ${this.address}/32 dev lo`);
  }

  /** From now on packets to it are dropped, and it sends none. */
  vanish(): void {
    ip(`route add ${this.address}/32 via 10.9.0.2 dev hole0`);
    ip(`addr del ${this.address}/32 dev lo`);
  }
}
