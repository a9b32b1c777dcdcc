import { channelValue, differingKeys } from "../options/channel_values.ts";
import { channelRecordList } from "../options/channel_records.ts";
import { conditionWords, readConditions } from "../options/condition_words.ts";
import { type Address, formatHost, parseHost } from "../table/address.ts";
import { type ChannelId, NONE } from "../table/channel_id.ts";
import { MAX_GROUPS } from "../table/limits.ts";
import { smoothSchedule } from "../table/smooth_schedule.ts";
import { DisabledBy } from "../table/table.ts";
import { absentStates, restoreAbsent } from "./absent_members.ts";
import { keepValues, rowValues, setValue, valuesOf } from "./channel_values.ts";
import { type ChannelSpec, type GroupSpec, matchChannels } from "./group_spec.ts";
import { type ChannelState, type GroupsState, type GroupState, readState, stateValues } from "./groups_state.ts";
import { identify, newIdentity, setHost, setStrategy } from "./identities.ts";
import { bitOf, isLasting, partiesOf } from "./parties.ts";
import { checkRoom, type Subject } from "./replacement.ts";

/** The state of all groups that have channels or another strategy than `spec`, from which they were made, says. */
export function stateOf(subject: Subject, spec: readonly GroupSpec[]): GroupsState {
  const { table, strategies, names } = subject, groups: GroupState[] = [];
  for (let group = 0; group < MAX_GROUPS; group++) {
    const strategy = strategies[table.strategy(group)].name, specStrategy = spec[group]?.strategy ?? strategies[0].name;
    const ids = table.channels(group), specified = spec[group]?.channels ?? [];
    if (ids.length === 0 && strategy === specStrategy) continue;
    const channels = ids.map((id, number) => channelState(id, specified[number]));
    const conditions = subject.conditions.get(table.condition(group));
    groups.push({
      group,
      strategy,
      specStrategy,
      ...conditions && { conditions: conditionWords(conditions) },
      ...cursorState(group),
      channels,
    });
  }
  return { version: 1, groups, ...subject.absent.size > 0 && { absent: absentStates(subject.absent) } };

  function cursorState(group: number): Pick<GroupState, "cursor" | "turn"> {
    if (table.size(group) === 0) return { cursor: 0 };
    // A cursor may be beyond the last turn for a moment, when channels are removed while threads choose.
    const turn = table.cursor(group) % table.turns(group), cursor = table.turn(group, turn);
    return turn === cursor ? { cursor } : { cursor, turn };
  }

  function channelState(id: ChannelId, spec: ChannelSpec | undefined): ChannelState {
    const { host, port } = table.address(id), by = table.disabledBy(id), lasting = partiesOf(by).filter(isLasting);
    const { total, failed, sent, rcvd } = table.counters(id);
    return {
      ...spec === undefined ? {} : { spec: specState(spec) },
      host: names.get(id) ?? host,
      ...by & DisabledBy.UNRESOLVED ? {} : { address: host },
      port,
      ...stateValues(valuesOf(subject, id)),
      disabledBy: lasting,
      failing: table.failing(id),
      ...by & DisabledBy.DRAINING && subject.drainingSince.has(id)
        ? { drainingSince: subject.drainingSince.get(id)!.toISOString() }
        : {},
      ...lasting.length === 0 ? {} : { disabledSince: new Date(table.disabledSince(id) ?? Date.now()).toISOString() },
      ...table.share(id) < 1 ? { share: table.share(id) } : {},
      total: `${total}`,
      failed: `${failed}`,
      sent: `${sent}`,
      rcvd: `${rcvd}`,
    };
  }
}

function specState(spec: ChannelSpec): ChannelState["spec"] {
  const { host, port, origin } = spec, word = origin?.several ? { word: origin.word } : {};
  return { host, port, ...stateValues(spec), ...word };
}

/**
 * Applies a state to groups just made from `spec`. Channels of the state's specification are matched by group, host and
 * port; where the two specifications differ, `spec` counts. Channels that an operator had created are added at the end,
 * except those that `spec` names.
 *
 * @throws {TypeError} naming what is wrong with the state
 * @throws {RangeError} when a strategy is unknown
 * @throws {NoRoom} when a group cannot take the channels that had been created
 */
export function restore(subject: Subject, state: unknown, spec: readonly GroupSpec[]): void {
  const { groups, absent = [] } = readState(state);
  const steps = groups.map((group) => groupSteps(subject, group, spec[group.group]));
  for (const step of steps) step();
  restoreAbsent(subject, absent, spec);
}

/** Checks everything that can go wrong, and returns the steps, which cannot. */
function groupSteps(subject: Subject, state: GroupState, spec: GroupSpec | undefined): () => void {
  const { table, strategies } = subject, { group, channels } = state;
  const index = strategies.findIndex(({ name }) => name === state.strategy);
  const applies = state.specStrategy === (spec?.strategy ?? strategies[0].name);
  if (applies && index < 0) {
    throw new RangeError(`Cannot restore state: there is no strategy ${JSON.stringify(state.strategy)}`);
  }
  const own = table.channels(group), specified = channels.filter(({ spec }) => spec !== undefined);
  if (own.length < (spec?.channels.length ?? 0)) {
    throw new RangeError(`Cannot restore state: group ${group} lacks channels of its specification`);
  }
  const before = specified.map(({ spec }) => spec!), wanted = spec?.channels ?? [];
  const places = matchChannels(before, wanted, channels.length, (place) => channels[place]);
  const created = [...channels.keys()].slice(before.length).filter((place) => !places.includes(place));
  checkRoom(table, group, own.length + created.length, created.length);
  return () => {
    if (applies) setStrategy(subject, group, index);
    const rows = created.map((place) => {
      const address = addressOf(channels[place]);
      return { address, identity: newIdentity(subject, group, channels[place]), ...rowValues(channels[place]) };
    });
    // Channels that operators had created in a group do not become everybody's when it is not described here.
    const condition = spec === undefined
      ? subject.conditions.of(state.conditions && readConditions(state.conditions))
      : table.condition(group);
    const ids = rows.length === 0 ? own : table.rearrange(group, [...own, ...rows], { condition });
    /** The id of each channel of the state that there still is. */
    const idOf = new Map<number, ChannelId>();
    places.forEach((place, number) => place === undefined || idOf.set(place, ids[number]));
    created.forEach((place, i) => {
      idOf.set(place, ids[own.length + i]);
      keepValues(subject, ids[own.length + i], channels[place]);
      subject.names.set(ids[own.length + i], channels[place].host);
    });
    for (const [place, id] of idOf) {
      const number = ids.indexOf(id);
      restoreChannel(subject, id, channels[place], wanted[number]);
    }
    identify(subject, group);
    restoreCursor(subject, state, idOf);
  };
}

function restoreChannel(
  subject: Subject,
  id: ChannelId,
  state: ChannelState,
  spec: ChannelSpec | undefined,
): void {
  const { table } = subject;
  if (spec !== undefined) {
    const other = differingKeys(state.spec ?? {}, spec);
    for (const [key] of channelRecordList) {
      if (!other.includes(key)) setValue(subject, id, key, channelValue(state, key));
    }
    const assigned = state.host !== spec.host || state.port !== spec.port;
    // If the name does not resolve now, the address that it stood for is better than none.
    const needed = (table.disabledBy(id) & DisabledBy.UNRESOLVED) !== 0;
    if (state.address !== undefined && (assigned || needed)) {
      table.setAddress(id, addressOf(state));
      setHost(subject, id, state.host);
      table.enable(id, DisabledBy.UNRESOLVED);
    }
  }
  for (const party of state.disabledBy) table.disable(id, bitOf(party));
  if (state.disabledSince !== undefined) table.setDisabledSince(id, Date.parse(state.disabledSince));
  if (state.drainingSince !== undefined) subject.drainingSince.set(id, new Date(state.drainingSince));
  // The name may stand for another address now, and nothing is known about that one.
  const same = state.address !== undefined && table.address(id).host === canonical(state.address);
  if (state.failing && same) table.setFailing(id, true, table.addressSequence(id));
  if (state.share !== undefined) table.onReturn?.(id, state.share);
  table.carry(id, {
    total: BigInt(state.total),
    failed: BigInt(state.failed),
    sent: BigInt(state.sent),
    rcvd: BigInt(state.rcvd),
  });
}

/** The turn goes to the channel that had it, or the next one that there still is, as when the groups had changed. */
function restoreCursor(
  { table }: Subject,
  { group, cursor, turn = cursor, channels }: GroupState,
  idOf: ReadonlyMap<number, ChannelId>,
): void {
  const weights = channels.map((channel) => channelValue(channel, "weight") as number);
  const turns = [...smoothSchedule(weights) ?? channels.keys()];
  // An earlier version names no turn, and another one may have made other turns of the weights.
  const at = turns[turn] === cursor ? turn : Math.max(0, turns.indexOf(cursor));
  table.goOn(group, turns.map((place) => idOf.get(place) ?? NONE), at);
}

function addressOf({ address, port }: ChannelState): Address {
  return { host: canonical(address!), port };
}

function canonical(host: string): string {
  const { bytes, zone } = parseHost(host);
  return formatHost(bytes, zone);
}
