/** A group of channels that a file describes and operators change, as the manual says. */
import { hashAddress } from "../../src/selection/strategies/hash.ts";

/** 127.0.0.1, from where all clients of the model come, as sixteen bytes. */
const CLIENT = Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1);

export type StrategyName = "rr" | "hash";

/** A channel in the file. No two of a group lead to the same back end. */
export interface ChannelText {
  readonly backend: number;
  readonly maxc: number;
}

/** A group in the file. */
export interface GroupText {
  readonly strategy: StrategyName;
  readonly channels: readonly ChannelText[];
}

/** One channel. */
export class ModelChannel {
  backend: number;
  maxc: number;
  enabled: boolean;
  /** What the file says of it; undefined if an operator has created it. */
  text: ChannelText | undefined;
  current = 0;
  total = 0;
  sent = 0;
  rcvd = 0;

  constructor(backend: number, maxc: number, text: ChannelText | undefined) {
    this.backend = backend;
    this.maxc = maxc;
    this.text = text;
    this.enabled = text !== undefined;
  }

  get usable(): boolean {
    return this.enabled && (this.maxc === 0 || this.current < this.maxc);
  }
}

/** One group. */
export class ModelGroup {
  strategy: StrategyName = "rr";
  channels: ModelChannel[] = [];
  /** Number of the channel whose turn it is; undefined when that is not known, since clients came at the same time. */
  turn: number | undefined = 0;

  /** Channels of which the next client gets one; none if it gets nothing here. */
  choices(): ModelChannel[] {
    const { channels, turn } = this, size = channels.length;
    if (size === 0) return [];
    if (this.strategy === "hash") return [channels[hashAddress(CLIENT) % size]].filter(({ usable }) => usable);
    if (turn === undefined) return channels.filter(({ usable }) => usable);
    const inTurn = channels.map((_, step) => channels[(turn + step) % size]);
    return inTurn.filter(({ usable }) => usable).slice(0, 1);
  }

  /** How many more clients it can take. */
  get room(): number {
    const takes = this.strategy === "hash" ? this.choices() : this.channels.filter(({ usable }) => usable);
    return takes.reduce((sum, { maxc, current }) => sum + (maxc === 0 ? Infinity : maxc - current), 0);
  }

  /** The file's channels become these; what operators have made of those that stay remains. */
  follow(before: GroupText | undefined, after: GroupText | undefined): void {
    const strategy = after?.strategy ?? "rr";
    if ((before?.strategy ?? "rr") !== strategy) this.strategy = strategy;
    const old = this.channels, wanted = after?.channels ?? [], found = match(wanted, old);
    const listed = wanted.map((text, i) => {
      const channel = found[i] ?? new ModelChannel(text.backend, text.maxc, text);
      if ((channel.text?.maxc ?? 0) !== text.maxc) channel.maxc = text.maxc;
      channel.text = text;
      return channel;
    });
    this.channels = [...listed, ...old.filter((channel) => channel.text === undefined)];
    if (this.turn === undefined) return;
    const turn = this.turn, inTurn = old.map((_, step) => old[(turn + step) % old.length]);
    const next = inTurn.find((channel) => this.channels.includes(channel));
    this.turn = next === undefined ? 0 : this.channels.indexOf(next);
  }
}

/**
 * The channel that each one of the file is: one that the file named before, whatever an operator has assigned to it
 * since, or one that leads there because an operator has created or assigned it.
 */
function match(wanted: readonly ChannelText[], channels: readonly ModelChannel[]): (ModelChannel | undefined)[] {
  const adopted = new Map<number, ModelChannel>();
  for (;;) {
    const free = channels.filter((channel) => ![...adopted.values()].includes(channel));
    const found = wanted.map(({ backend }) =>
      adopted.get(backend) ?? free.find(({ text }) => text?.backend === backend)
    );
    const leadThere = (backend: number) =>
      free.filter((channel) => channel.backend === backend && channel.text?.backend !== backend);
    const missing = wanted.find(({ backend }, i) => found[i] === undefined && leadThere(backend).length > 0);
    if (missing === undefined) return found;
    const all = leadThere(missing.backend);
    adopted.set(missing.backend, all.find((channel) => !found.includes(channel)) ?? all[0]);
  }
}
