import { quote } from "../log/escape.ts";
import { type Reasons, systemReason } from "../log/system_reason.ts";
import { type ChannelWord, channelWord } from "../options/channel_words.ts";
import { optionLabel } from "../options/option_record.ts";
import { optionRecords } from "../options/option_records.ts";
import type { ServicePart } from "../options/service_places.ts";
import type { ProcessOptions } from "../options/values.ts";
import type { ServiceSpec } from "../options/service_spec.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import { UnusableSocket } from "../process/match_sockets.ts";
import { blameOf } from "../service/blame.ts";
import { TooManySockets } from "../service/engine/descriptor_budget.ts";
import { ChannelLoop, EngineUnavailable, MissingCapability, UnknownHost } from "../service/errors.ts";
import { formatAddress } from "../table/address.ts";

/** Why a service cannot be served. A start, a reload and `--check-config` all say it in these words. */
export interface ServiceFault {
  readonly part: ServicePart;
  /** One line, without a full stop. */
  readonly message: string;
  /** The exit code of a start. */
  readonly code: number;
}

/** What an error of starting services says; undefined if it is about no service. */
export function serviceFault(error: unknown): ServiceFault | undefined {
  const blame = blameOf(error);
  if (blame === undefined) return undefined;
  const { request, place, part = "ports" } = blame;
  if (error instanceof ChannelLoop) {
    const { group, channel } = error;
    return loopFault((request as ServiceSpec).groups[group].channels[channel], { group, channel });
  }
  if (error instanceof UnknownHost) {
    return hostFault(error, error.option !== undefined && part === "ports" ? { option: error.option } : part);
  }
  if (isNetworkFault(error)) return networkFault(error, part);
  if (error instanceof EngineUnavailable) {
    const code = error instanceof MissingCapability ? ExitCode.SYSTEM : ExitCode.USAGE;
    return { part, message: uncapitalised(error), code };
  }
  if (error instanceof TooManySockets) return { part, message: uncapitalised(error), code: ExitCode.SYSTEM };
  return place === undefined || error instanceof UnusableSocket ? undefined : listenFault(error, place);
}

/** A host that does not resolve: that of a channel, or the value of an option. */
export function hostFault(error: unknown, part: ServicePart): ServiceFault {
  const message = uncapitalised(error);
  if (part === "ports" || !("option" in part)) return { part, message, code: ExitCode.ADDRESS };
  return {
    part,
    message: `option ${optionLabel(optionRecords[part.option])}: ${message}`,
    code: ExitCode.USAGE,
  };
}

/** A file of networks that cannot be used: one that an option names, or a condition. */
export function networkFault(error: Error, part: ServicePart): ServiceFault {
  const about = part === "ports" || "channel" in part
    ? ""
    : "option" in part
    ? `option ${optionLabel(optionRecords[part.option])}: `
    : `condition ${part.condition}=: `;
  return { part, message: about + error.message, code: ExitCode.USAGE };
}

/** Whether an error is about a file of networks. The class would bring its module, which hardly any service needs. */
function isNetworkFault(error: unknown): error is Error {
  return (error as { code?: unknown }).code === "ERR_NETWORK_FILE";
}

/** A channel that is its own service. */
export function loopFault(word: ChannelWord, part: ServicePart): ServiceFault {
  const message = `channel ${quote(channelWord(word))} is this balancer itself: a client would come back without ` +
    `end; give it a limit, as in ${quote(channelWord({ ...word, maxc: 4 }))}, or add --allow-loop`;
  return { part, message, code: ExitCode.ADDRESS };
}

/** A place where the service cannot listen. */
export function listenFault(error: unknown, place: { readonly hostname: string; readonly port: number }): ServiceFault {
  const { hostname, port } = place, { code } = error as { code?: string };
  return {
    part: ADDRESS_CODES.has(code ?? "") ? { option: "hostname", value: hostname } : "ports",
    message: `cannot listen on ${formatAddress({ host: hostname, port })}: ${systemReason(error, REASONS)}`,
    code: ExitCode.SYSTEM,
  };
}

/** Codes of errors that are about the address rather than the port. */
const ADDRESS_CODES: ReadonlySet<string> = new Set(["EADDRNOTAVAIL", "ENODEV", "EAFNOSUPPORT"]);

/** A log of connections that cannot be written. @param path absolute @param reason as the end of a sentence */
export function connectionLogFault(path: string, reason: string): ServiceFault {
  const message = `cannot open connection log ${quote(path)}: ${reason}`;
  return { part: { option: "connectionLog" }, message, code: ExitCode.SYSTEM };
}

/**
 * Why connections cannot come from the source address; undefined if they can. Otherwise every connect would fail later.
 *
 * @param source the address as it was given
 * @param address what it resolves to, or why it does not
 */
export function sourceFault(source: string, address: string | Error): ServiceFault | undefined {
  const part = { option: "source" } as const;
  if (address instanceof Error) return hostFault(address, part);
  try {
    Deno.listen({ hostname: address, port: 0 }).close();
    return undefined;
  } catch (error) {
    return {
      part,
      message: `cannot connect from ${quote(source)}: ${systemReason(error, REASONS)}`,
      code: ExitCode.SYSTEM,
    };
  }
}

/**
 * Why connections cannot come from clients' addresses after the process has become another user; undefined if they can,
 * as far as that is concerned. Root loses its capabilities with its name (capabilities(7)).
 */
export function clientSourceFault({ user }: ProcessOptions): ServiceFault | undefined {
  if (user === undefined || Deno.build.os === "windows" || Deno.uid() !== 0 || /^(root|0+)$/.test(user)) {
    return undefined;
  }
  const message = `option -B client needs the capability CAP_NET_ADMIN, which option --user ${quote(user)} gives up; ` +
    "start as that user with it instead, as systemd does with User= and AmbientCapabilities=";
  return { part: { option: "source" }, message, code: ExitCode.SYSTEM };
}

/** Why a port cannot be opened, or an address not used. */
const REASONS: Reasons = {
  EADDRINUSE: "the port is in use",
  EMFILE: "too many open files; the limit of descriptors must be higher (ulimit -n)",
  EADDRNOTAVAIL: "the address does not belong to this machine",
  ENODEV: "there is no interface with that number",
  EAFNOSUPPORT: "the system does not support the address family",
};

/**
 * The lines that show a fault of a service in its file; undefined if the service does not come from that file. Only a
 * program with a file has this: without one, nothing of it is loaded.
 */
export type ShowInFile = (request: unknown, fault: ServiceFault) => readonly string[] | undefined;

/** What ends a start because of faults of services. @param faults at least one, each with the service that was asked for */
export function refusal(
  faults: readonly (readonly [request: unknown, fault: ServiceFault])[],
  show: ShowInFile = () => undefined,
): ExitError {
  const [message, ...details] = faults.flatMap(([request, fault]) => show(request, fault) ?? [fault.message]);
  return new ExitError(faults[0][1].code, message, details);
}
