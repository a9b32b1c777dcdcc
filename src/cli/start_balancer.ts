import { Balancer } from "../balancer/balancer.ts";
import { ChannelLoop, EngineUnavailable, UnknownHost } from "../balancer/errors.ts";
import type { BalancerOptions } from "../balancer/options.ts";
import { linuxUnavailable } from "../engine/linux/availability.ts";
import { defaultThreads } from "../engine/linux/linux.ts";
import { escape, quote } from "../log/escape.ts";
import { channelWord } from "../process/channel_words.ts";
import { descriptorLimit } from "../process/descriptors.ts";
import { ExitCode, ExitError, uncapitalised } from "../process/exit_codes.ts";
import type { ServeRequest } from "../process/options.ts";
import { dropPrivileges, privilegesUnavailable } from "../process/privileges.ts";
import { resolveHost } from "../process/resolve.ts";
import { formatAddress } from "../table/address.ts";
import { listeningAddress } from "./listening_address.ts";

/** Starts what the command line asks for. @throws {ExitError} with the code that says what went wrong */
export async function startBalancer(
  request: ServeRequest,
  hooks: Pick<BalancerOptions, "onEvent" | "onChunk">,
): Promise<Balancer> {
  const hostname = await listeningAddress(request.bind, request.ipv6);
  const source = request.source === undefined ? undefined : await sourceAddress(request.source);
  try {
    return await Balancer.start({
      ...hooks,
      hostname,
      port: request.port,
      groups: request.groups,
      source,
      connectTimeout: request.connectTimeout,
      failTimeout: request.failTimeout,
      idleTimeout: request.idleTimeout,
      halfCloseTimeout: request.halfCloseTimeout,
      abortOnClose: request.abortOnClose,
      maxConnections: request.maxConnections,
      engine: request.engine,
      threads: threadsFor(request),
      backlog: request.backlog,
      clientKeepAlive: request.clientKeepAlive,
      channelKeepAlive: request.channelKeepAlive,
      sendBuffer: request.sendBuffer,
      receiveBuffer: request.receiveBuffer,
      userTimeout: request.userTimeout,
      autodisable: request.autodisable,
      hashFailover: request.hashFailover,
      allowLoop: request.allowLoop,
      trace: request.debug,
    });
  } catch (error) {
    if (error instanceof EngineUnavailable) throw new ExitError(ExitCode.USAGE, error.message);
    if (error instanceof ChannelLoop) throw new ExitError(ExitCode.ADDRESS, loopMessage(error, request));
    if (error instanceof UnknownHost) throw new ExitError(ExitCode.ADDRESS, uncapitalised(error));
    const where = formatAddress({ host: hostname, port: request.port });
    throw new ExitError(ExitCode.SYSTEM, `cannot listen on ${where}: ${reason(error)}`);
  }
}

function loopMessage({ group, channel }: ChannelLoop, { groups }: ServeRequest): string {
  const word = groups[group].channels[channel], limited = quote(channelWord(word, 4));
  return `channel ${
    quote(channelWord(word))
  } is this balancer itself: a client would come back without end; give it a ` +
    `limit, as in ${limited}, or add --allow-loop`;
}

function threadsFor({ threads, engine }: ServeRequest): number {
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
export function becomeUser({ user, group }: ServeRequest): void {
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
