import { groupOf, NONE } from "../../table/channel_id.ts";
import { DisabledBy } from "../../table/disabled_by.ts";
import type { Table } from "../../table/table.ts";
import type { Conditions } from "../conditions.ts";
import { Failover } from "../failover.ts";
import { GroupCandidates } from "../group_candidates.ts";
import type { Resting } from "../resting.ts";
import { type Demands, Search } from "../search.ts";
import type { SelectionOptions } from "../selection_options.ts";
import type { Client, Strategy } from "../strategy.ts";

/** What is chosen with. */
interface Chooser {
  readonly options: SelectionOptions;
  readonly client: Client;
  readonly conditions: Conditions;
}

/**
 * The place of each channel of a group in the order in which a client would try all of them, if nothing kept any of them
 * out. By their numbers, from 1; undefined for one of weight 0, which no strategy ever chooses.
 *
 * @param copy a copy of the table; afterwards it is good for nothing else than other groups
 */
export function ranks(copy: Table, group: number, { options, client, conditions }: Chooser): (number | undefined)[] {
  const ids = copy.channels(group), found: (number | undefined)[] = ids.map(() => undefined);
  for (const id of ids) {
    copy.setMaxc(id, 0);
    copy.enable(id, ~DisabledBy.WEIGHT);
  }
  // Everybody has an order of all of them, also those who wait for their own.
  const failover = new Failover(copy, { ...options, hashFailover: true, queue: 0 }, { conditions });
  const search = new Search();
  search.group = group;
  for (let rank = 1;; rank++) {
    const id = failover.next(search, client);
    if (id === NONE) return found;
    copy.release(id);
    if (groupOf(id) !== group) return found;
    found[copy.numberOf(id)] = rank;
  }
}

/** How often a strategy is asked that leaves its choice to chance: less often where there are many channels to look at. */
const MOST_SAMPLES = 4096, FEWEST_SAMPLES = 256, LOOKS = 200_000;

/** Multiples of these, less their whole parts, fill the square evenly (Roberts, 2018). */
const STEPS = [0.7548776662466927, 0.5698402909980532] as const;

/**
 * How likely each channel of a group is the one that a client tries first there: the strategy is asked often, with
 * numbers that are as even as chance is in the long run.
 *
 * @param copy a copy of the table
 * @param looks channels that will be looked at by all such groups, for each time that they are asked
 */
export function chances(
  copy: Table,
  group: number,
  strategy: Strategy,
  { options, client, resting, demands, looks }: Omit<Chooser, "conditions"> & {
    readonly resting: Resting | undefined;
    readonly demands: Demands;
    readonly looks: number;
  },
): number[] {
  let sample = 0, draw = 0;
  const { hashFailover: mayMove, slowStart = 0 } = options, search = new Search(), order = copy.order(group);
  const random = () => ((sample + 0.5) * STEPS[draw++ % STEPS.length]) % 1;
  const candidates = new GroupCandidates(copy, { mayMove, slowStart: slowStart > 0, random }, resting);
  search.group = group;
  search.demands = demands;
  const chosen = copy.channels(group).map(() => 0);
  const samples = Math.max(FEWEST_SAMPLES, Math.min(MOST_SAMPLES, Math.floor(LOOKS / looks)));
  for (; sample < samples; sample++) {
    draw = 0;
    const number = strategy.choose(candidates.of(search, order, copy.cursor(group), strategy), client);
    if (number >= 0) chosen[number]++;
  }
  return chosen.map((count) => count / samples);
}
