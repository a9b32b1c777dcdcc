import assert from "node:assert/strict";
import { CollectedText } from "./collected_text.ts";
import { killQuietly } from "./program.ts";
import { condition, installed, linux, type Requirement, root, succeeds } from "./requirements.ts";

/** Root's rights, ip(8), and a kernel that has namespaces and links between them. */
export const ownNetworks: readonly Requirement[] = [
  linux,
  root,
  installed("ip"),
  condition(canLink(), "needs veth links"),
];

/**
 * Three machines, made of network namespaces: a client (10.7.1.2, fd07:1::2), a balancer between two networks
 * (10.7.1.1, fd07:1::1 and 10.7.2.1, fd07:2::1), and a channel (10.7.2.2, fd07:2::2), whose default route is the
 * balancer. Disposing of them ends what runs there.
 */
export class Networks implements AsyncDisposable {
  readonly #names = { client: name("client"), balancer: name("balancer"), channel: name("channel") };
  readonly #children: { readonly child: Deno.ChildProcess; readonly ended: Promise<unknown> }[] = [];

  private constructor() {}

  /** Makes them. */
  static async make(): Promise<Networks> {
    const networks = new Networks(), { client, balancer, channel } = networks.#names;
    try {
      await networks.#ip([
        ...[client, balancer, channel].flatMap((name) => [`netns add ${name}`, `-n ${name} link set lo up`]),
        ...networks.#link(client, "clients", 1),
        ...networks.#link(channel, "channels", 2),
      ]);
      return networks;
    } catch (error) {
      await networks[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Words before a program that is to run on this machine. */
  before(machine: keyof Networks["machines"]): string[] {
    return ["ip", "netns", "exec", this.#names[machine]];
  }

  /** Names of the namespaces. */
  get machines(): { readonly client: string; readonly balancer: string; readonly channel: string } {
    return this.#names;
  }

  /** Runs a shell script on a machine. */
  async shell(machine: keyof Networks["machines"], script: string): Promise<void> {
    const [command, ...args] = [...this.before(machine), "sh", "-ec", script];
    await succeed(command, args);
  }

  /** Starts a program in JavaScript on a machine; what it prints. */
  start(machine: keyof Networks["machines"], code: string): CollectedText {
    const child = this.#spawn(machine, code), stdout = new CollectedText(child.stdout);
    this.#children.push({ child, ended: Promise.all([child.status, stdout.ended, child.stderr.cancel()]) });
    return stdout;
  }

  /** Runs a program in JavaScript on a machine to its end; what it printed. */
  async run(machine: keyof Networks["machines"], code: string): Promise<string> {
    const { stdout, stderr, success } = await this.#spawn(machine, code).output();
    const decoder = new TextDecoder();
    assert.ok(success, decoder.decode(stderr));
    return decoder.decode(stdout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const { child } of this.#children) killQuietly(child);
    await Promise.all(this.#children.map(({ ended }) => ended));
    for (const name of Object.values(this.#names)) succeeds("ip", ["netns", "del", name]);
  }

  #spawn(machine: keyof Networks["machines"], code: string): Deno.ChildProcess {
    const [command, ...args] = [...this.before(machine), Deno.execPath(), "eval", "--no-config", code];
    return new Deno.Command(command, { args, stdin: "null", stdout: "piped", stderr: "piped" }).spawn();
  }

  #link(name: string, side: string, network: number): string[] {
    const { balancer } = this.#names;
    return [
      `-n ${balancer} link add name ${side} type veth peer name eth0 netns ${name}`,
      ...addresses(balancer, side, network, 1),
      ...addresses(name, "eth0", network, 2),
      `-n ${name} route add default via 10.7.${network}.1`,
      `-n ${name} route add default via fd07:${network}::1`,
    ];
  }

  async #ip(commands: readonly string[]): Promise<void> {
    for (const command of commands) await succeed("ip", command.split(" "));
  }
}

function addresses(name: string, device: string, network: number, host: number): string[] {
  return [
    `-n ${name} addr add 10.7.${network}.${host}/24 dev ${device}`,
    `-n ${name} addr add fd07:${network}::${host}/64 dev ${device} nodad`,
    `-n ${name} link set ${device} up`,
  ];
}

/** A name that no other test has. */
function name(machine: string): string {
  return `${machine}-${Deno.pid}-${crypto.randomUUID().slice(0, 4)}`;
}

/** Whether namespaces can be made, and linked. */
function canLink(): boolean {
  if (!root.met) return false;
  const probe = name("probe");
  if (!succeeds("ip", ["netns", "add", probe])) return false;
  const linked = succeeds("ip", ["-n", probe, "link", "add", "name", "a", "type", "veth", "peer", "name", "b"]);
  succeeds("ip", ["netns", "del", probe]);
  return linked;
}

async function succeed(command: string, args: string[]): Promise<void> {
  const { success, stderr } = await new Deno.Command(command, { args, stdin: "null", stdout: "null" }).output();
  assert.ok(success, `${command} ${args.join(" ")}: ${new TextDecoder().decode(stderr)}`);
}
