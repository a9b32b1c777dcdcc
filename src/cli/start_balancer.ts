import { Balancer } from "../balancer/balancer.ts";
import { ChannelLoop, EngineUnavailable, UnknownHost } from "../balancer/errors.ts";
import type { BalancerOptions } from "../balancer/options.ts";
import { linuxUnavailable } from "../engine/linux/availability.ts";
import { defaultThreads } from "../engine/linux/linux.ts";
import { escape, quote } from "../log/escape.ts";
import { channelWord } from "../options/channel_words.ts";
import type { ServeRequest } from "../options/command_line.ts";
import type { ServiceSpec } from "../options/service_spec.ts";
import { libraryValues, type ProcessOptions, processOptions } from "../options/values.ts";
import { descriptorLimit } from "../process/descriptors.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import { dropPrivileges, privilegesUnavailable } from "../process/privileges.ts";
import { resolveHost } from "../process/resolve.ts";
import { formatAddress } from "../table/address.ts";
import { listeningAddress } from "./listening_address.ts";

/** Starts what the command line asks for. @throws {ExitError} with the code that says what went wrong */
export async function startBalancer(
  request: ServeRequest,
  hooks: Pick<BalancerOptions, "onEvent" | "onChunk">,
): Promise<Balancer> {
  const options = processOptions(request.values), [service] = request.services;
  refuseSeveral(service);
  const { groups, values, ports: [{ first: port }] } = service, { hostname: bound = [], ipv6 = false } = values;
  const hostname = await listeningAddress(bound[0] ?? (ipv6 ? "::" : "0.0.0.0"), ipv6);
  const source = values.source === undefined ? undefined : await sourceAddress(values.source);
  try {
    const given = libraryValues({ ...options, ...values });
    return await Balancer.start({ ...given, ...hooks, hostname, port, groups, source, threads: threadsFor(options) });
  } catch (error) {
    if (error instanceof EngineUnavailable) throw new ExitError(ExitCode.USAGE, error.message);
    if (error instanceof ChannelLoop) throw new ExitError(ExitCode.ADDRESS, loopMessage(error, service));
    if (error instanceof UnknownHost) throw new ExitError(ExitCode.ADDRESS, uncapitalised(error));
    const where = formatAddress({ host: hostname, port });
    throw new ExitError(ExitCode.SYSTEM, `cannot listen on ${where}: ${reason(error)}`);
  }
}

/** @throws {ExitError} when there are more ports or addresses than the engines listen on */
function refuseSeveral({ ports: [{ first, last }, ...ports], values: { hostname = [] } }: ServiceSpec): void {
  if (ports.length > 0 || last > first) throw new ExitError(ExitCode.USAGE, "only one port can be served");
  if (hostname.length > 1) throw new ExitError(ExitCode.USAGE, "option -b: only one address can be listened on");
}

function loopMessage({ group, channel }: ChannelLoop, { groups }: ServiceSpec): string {
  const word = groups[group].channels[channel], limited = quote(channelWord(word, 4));
  return `channel ${
    quote(channelWord(word))
  } is this balancer itself: a client would come back without end; give it a ` +
    `limit, as in ${limited}, or add --allow-loop`;
}

function threadsFor({ threads, engine }: ProcessOptions): number {
  if (threads !== "auto") return threads;
  return engine === "portable" || linuxUnavailable() !== undefined ? 1 : defaultThreads(descriptorLimit());
}

/** The address that `-B` means. One that is not this machine's would make every connect fail later, so it fails now. @throws {ExitError} */
async function sourceAddress(word: string): Promise<string> {
  let source: string;
  try {
    source = await resolveHost(word);
  } catch (error) {
    throw new ExitError(ExitCode.USAGE, `option -B: ${uncapitalised(error)}`);
  }
  try {
    Deno.listen({ hostname: source, port: 0 }).close();
    return source;
  } catch (error) {
    throw new ExitError(ExitCode.SYSTEM, `cannot connect from ${quote(source)}: ${reason(error)}`);
  }
}

/**
 * Becomes the requested user. Last, because the port and the control directory may need the first user. @throws
 * {ExitError}
 */
export function becomeUser({ user, group }: ProcessOptions): void {
  if (user === undefined && group === undefined) return;
  const obstacle = privilegesUnavailable();
  if (obstacle !== undefined) throw new ExitError(ExitCode.USAGE, `cannot change the user: ${obstacle}`);
  try {
    dropPrivileges(user, group);
  } catch (error) {
    throw new ExitError(error instanceof TypeError ? ExitCode.USAGE : ExitCode.SYSTEM, uncapitalised(error));
  }
}

function reason(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  const known: Record<string, string> = {
    EADDRINUSE: "the port is in use",
    EACCES: "permission denied",
    EADDRNOTAVAIL: "the address does not belong to this machine",
    ENODEV: "there is no interface with that number",
    EAFNOSUPPORT: "the system does not support the address family",
  };
  return known[code ?? ""] ?? escape(message);
}
