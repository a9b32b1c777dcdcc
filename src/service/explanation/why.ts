import { type ExplainedEntry, explainedEntry } from "../../access/explained_entry.ts";
import { type GroupReport, reportOf } from "../../groups/report.ts";
import { explain } from "../../selection/explanation/explain.ts";
import type { ExplainedChannel, ExplainedGroup } from "../../selection/explanation/explanation.ts";
import type { Client } from "../../selection/strategy.ts";
import { Slices } from "../../state/slices.ts";
import type { EntryState, WhyAttemptState, WhyChannelState, WhyGroupState, WhyState } from "../../state/why_state.ts";
import { formatChannelAddress, formatHost } from "../../table/address.ts";
import { AcceptRate } from "../../table/clients/accept_rate.ts";
import { highWord, lowWord } from "../../table/sticky/client_key.ts";
import type { WhyOptions } from "../options/options.ts";
import { askedClient } from "./asked_client.ts";
import { againstOf, channelReason } from "./channel_words.ts";
import { groupReason } from "./condition_words.ts";
import { entryOf } from "./entry_words.ts";
import { outcomeReason } from "./outcome_words.ts";
import { attemptsByChannel, type ExplainedService, type Subject } from "./subject.ts";

/**
 * What would become of a client that came now. It is read from memory that threads share, and changes nothing. What is
 * read is read at once; words for thousands of channels take their time, in which others have their turn.
 *
 * @throws {TypeError} when a value is of the wrong kind, or the address is not numeric
 * @throws {RangeError} when the service does not listen on that port, or a client that speaks no TLS asks for a name
 */
export async function why(service: ExplainedService, host: string, options: WhyOptions): Promise<WhyState> {
  const { groups, settings } = service, { sticky, table } = groups, now = Date.now(), slices = new Slices(1);
  const { address, localPort, greeting } = askedClient(service, host, options);
  const clock = groups.connections?.now() ?? performance.now();
  const stickyMemory = sticky?.table.copyFor({ high: highWord(address), low: lowWord(address) });
  const client: Client = { address, port: 0, localPort, greeting };
  const told = explain(table, { ...settings, strategies: groups.strategies, stickyMemory }, client, clock);
  const entry = settings.access === undefined ? undefined : explainedEntry(settings.access, address, clock);
  const reports = new Map(reportOf(groups).groups.map((group) => [group.group, group]));
  const subject: Subject = { service, client, told, attempts: attemptsByChannel(told), now };
  const entryState = entryStateOf(service, entry, clock), all: WhyGroupState[] = [];
  for (const group of told.groups) {
    if (slices.full) await slices.pause();
    all.push(groupState(group, reports.get(group.group)!, subject));
  }
  const channels = new Map(
    told.groups.flatMap((group, i) =>
      group.channels.map(({ id }, number) => [id, { group: group.group, state: all[i].channels[number] }] as const)
    ),
  );
  const attempts = told.attempts.map(({ channel }): WhyAttemptState => {
    const { group, state } = channels.get(channel)!;
    return { group, channel: state.channel, address: state.address };
  });
  return {
    service: service.name,
    client: formatHost(address),
    port: localPort,
    says: greeting === undefined ? null : { proto: greeting.protocol, sni: greeting.serverName, alpn: greeting.alpn },
    entry: entryState,
    outcome: told.outcome,
    reason: outcomeReason(told, (id) => channels.get(id)!),
    then: told.then,
    attempts,
    groups: all,
  };
}

function entryStateOf(service: ExplainedService, entry: ExplainedEntry | undefined, clock: number): EntryState {
  const { settings: { acceptRate } } = service, delays = [...service.delays];
  if (acceptRate !== undefined && !acceptRate.dryRun) {
    const wait = new AcceptRate(acceptRate.memory.slice(0), 0, acceptRate.limit).wait(clock);
    if (wait > 0) delays.push(`--rate: the next client is accepted in ${(wait / 1000).toFixed(1)}s`);
  }
  return { ...entryOf(entry, service), delays };
}

function groupState(group: ExplainedGroup, report: GroupReport, subject: Subject): WhyGroupState {
  const { usable } = group;
  return {
    group: group.group,
    type: report.type,
    usable,
    ...groupReason(group, report, subject),
    channels: group.channels.map((channel, number) => channelState(channel, number, group, report, subject)),
  };
}

function channelState(
  channel: ExplainedChannel,
  number: number,
  group: ExplainedGroup,
  { channels }: GroupReport,
  subject: Subject,
): WhyChannelState {
  const { attempts, client } = subject, report = channels[number];
  const { host, address, port, name } = report, attempt = attempts.get(channel.id)?.number ?? null;
  const { before, rank = null, chance = null, current, maxc, weight, share, rests } = channel;
  return {
    channel: number,
    name,
    host,
    address: address === "" ? "" : formatChannelAddress({ host: address, port: port || client.localPort! }),
    attempt,
    against: againstOf(channel, group, attempt !== null),
    reason: channelReason(channel, group, report, subject),
    before,
    rank,
    chance,
    current,
    maxc,
    weight,
    share,
    rests: rests / 1000,
  };
}
