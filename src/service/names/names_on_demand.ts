import type { NameSource } from "../../names/name_source.ts";
import { serverOf } from "../../options/kinds/name_server.ts";
import { importLater } from "../../process/import_later.ts";
import type { Draft } from "../drafts/draft.ts";
import type { FollowedNames, NamesHost } from "./followed_names.ts";
import { handedChannels } from "./handed_channels.ts";
import type { RunningService } from "../running_service.ts";

/** What is asked for names. @param servers name servers, in place of the system's, if there are some */
export async function nameSource(servers: readonly string[] = []): Promise<NameSource> {
  const { NameServers, SystemNames } = await importLater<typeof import("../../names/name_source.ts")>(
    new URL("../../names/name_source.ts", import.meta.url),
  );
  return servers.length > 0 ? new NameServers(servers.map((server) => serverOf(server)!)) : new SystemNames();
}

/** The names that are followed; nothing of it is loaded before there is one. */
export class NamesOnDemand {
  readonly #host: NamesHost;
  readonly #servers: readonly string[];
  #loading: Promise<FollowedNames> | undefined;
  #loaded: FollowedNames | undefined;
  #stopped = false;

  /** @param servers name servers to ask, in place of the system's, if there are some */
  constructor(host: NamesHost, servers: readonly string[] = []) {
    this.#host = host;
    this.#servers = servers;
  }

  /** Loads what follows names. */
  get(): Promise<FollowedNames> {
    return this.#loading ??= this.#load();
  }

  /** The services have changed. */
  follow(): void {
    this.#loaded?.follow();
  }

  /** What a service is to become, with its channels in step with what its names stand for. */
  inStep(service: RunningService, draft: Draft): Draft {
    return this.#loaded?.inStep(service, draft) ?? draft;
  }

  /**
   * Gives words whose names are not known the channels that they had in a predecessor.
   *
   * @throws {TypeError} naming what is wrong with its state
   */
  takeOver(service: RunningService, state: unknown): void {
    if (this.#loaded === undefined) return;
    const { groups, created } = handedChannels(state);
    this.#loaded.takeOver(service, groups, created);
  }

  /** Ends it. */
  stop(): void {
    this.#stopped = true;
    this.#loaded?.stop();
  }

  async #load(): Promise<FollowedNames> {
    const [{ FollowedNames }, source] = await Promise.all([
      importLater<typeof import("./followed_names.ts")>(new URL("./followed_names.ts", import.meta.url)),
      nameSource(this.#servers),
    ]);
    const loaded = new FollowedNames(this.#host, source);
    if (this.#stopped) loaded.stop();
    return this.#loaded = loaded;
  }
}
