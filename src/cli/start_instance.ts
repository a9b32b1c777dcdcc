import { linuxUnavailable } from "../engine/linux/availability.ts";
import { defaultThreads } from "../engine/linux/default_threads.ts";
import { escape, quote } from "../log/escape.ts";
import { type ChannelWord, channelWord } from "../options/channel_words.ts";
import { optionLabel } from "../options/option_record.ts";
import { optionRecords } from "../options/option_records.ts";
import type { ProcessSpec, ServiceSpec } from "../options/service_spec.ts";
import { type ProcessOptions, processOptions } from "../options/values.ts";
import { descriptorLimit } from "../process/descriptors.ts";
import { ExitCode, ExitError, uncapitalised, unexpected } from "../process/exit_codes.ts";
import { UnusableSocket } from "../process/match_sockets.ts";
import { dropPrivileges, privilegesUnavailable } from "../process/privileges.ts";
import { resolveHost } from "../process/resolve.ts";
import { blameOf } from "../service/blame.ts";
import { ChannelLoop, EngineUnavailable, UnknownHost } from "../service/errors.ts";
import { Instance } from "../service/instance.ts";
import type { InstanceSettings } from "../service/instance_settings.ts";
import { formatAddress } from "../table/address.ts";

/** Starts what the command line asks for. @throws {ExitError} with the code that says what went wrong */
export async function startInstance(
  { values, services }: ProcessSpec,
  hooks: Pick<InstanceSettings, "onEvent" | "tap" | "unresolved" | "inherited" | "paused">,
): Promise<Instance> {
  const options = processOptions(values);
  try {
    await checkSources(services);
    return await Instance.start({ ...options, ...hooks, values, threads: threadsFor(options) }, services);
  } catch (error) {
    throw startError(error);
  }
}

/** What ends the program when services cannot be started. */
export function startError(error: unknown): ExitError {
  if (error instanceof ExitError) return error;
  const { request, place } = blameOf(error) ?? {};
  if (error instanceof EngineUnavailable) return new ExitError(ExitCode.USAGE, error.message);
  if (error instanceof ChannelLoop) {
    return new ExitError(
      ExitCode.ADDRESS,
      loopMessage((request as ServiceSpec).groups[error.group].channels[error.channel]),
    );
  }
  if (error instanceof UnknownHost) {
    const option = error.option === undefined ? "" : `option ${optionLabel(optionRecords[error.option])}: `;
    return new ExitError(option === "" ? ExitCode.ADDRESS : ExitCode.USAGE, option + uncapitalised(error));
  }
  if (error instanceof UnusableSocket) return new ExitError(ExitCode.SYSTEM, uncapitalised(error));
  if (place === undefined) return unexpected(error);
  const where = formatAddress({ host: place.hostname, port: place.port });
  return new ExitError(ExitCode.SYSTEM, `cannot listen on ${where}: ${reason(error)}`);
}

/** Why a channel is refused that is its own service. */
export function loopMessage(word: ChannelWord): string {
  const limited = quote(channelWord(word, 4));
  return `channel ${
    quote(channelWord(word))
  } is this balancer itself: a client would come back without end; give it a ` +
    `limit, as in ${limited}, or add --allow-loop`;
}

/** Threads of the engine that these options ask for. */
export function threadsFor({ threads, engine }: ProcessOptions): number {
  if (threads !== "auto") return threads;
  return engine === "portable" || linuxUnavailable() !== undefined ? 1 : defaultThreads(descriptorLimit());
}

/** Checks where connections of services come from. @throws {ExitError} */
export async function checkSources(services: readonly ServiceSpec[]): Promise<void> {
  await Promise.all(services.map(checkSource));
}

/** An address to connect from that is not this machine's would make every connect fail later. @throws {ExitError} */
async function checkSource({ values: { source: word } }: ServiceSpec): Promise<void> {
  if (word === undefined) return;
  let source: string;
  try {
    source = await resolveHost(word);
  } catch (error) {
    throw new ExitError(ExitCode.USAGE, `option -B: ${uncapitalised(error)}`);
  }
  try {
    Deno.listen({ hostname: source, port: 0 }).close();
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

/** Why a port cannot be opened, or an address not used, in words. */
export function reason(error: unknown): string {
  const { code, message } = error as { code?: string; message: string };
  const known: Record<string, string> = {
    EADDRINUSE: "the port is in use",
    EACCES: "permission denied",
    EMFILE: "too many open files; the limit of descriptors must be higher (ulimit -n)",
    EADDRNOTAVAIL: "the address does not belong to this machine",
    ENODEV: "there is no interface with that number",
    EAFNOSUPPORT: "the system does not support the address family",
  };
  return known[code ?? ""] ?? escape(message);
}
