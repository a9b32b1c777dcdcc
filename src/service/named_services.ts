import { quote } from "../log/escape.ts";
import { coded } from "./errors.ts";
import type { Service } from "./service.ts";

/** The services of an instance that accept clients, by name, in the order in which they were added. */
export class NamedServices {
  readonly #services = new Map<string, Service>();
  /** Names of services that are about to be served. */
  readonly #coming = new Set<string>();

  /** All of them. */
  get all(): readonly Service[] {
    return [...this.#services.values()];
  }

  /** The service of this name. */
  get(name: string): Service | undefined {
    return this.#services.get(name);
  }

  /** The services that listen on this port; with the address too if it is given. */
  listeningOn(port: number, hostname?: string): Service[] {
    return this.all.filter(({ addresses }) =>
      addresses.some((place) => place.port === port && (hostname === undefined || place.hostname === hostname))
    );
  }

  /** Adds a service under its name. */
  add(service: Service): void {
    this.#services.set(service.name, service);
  }

  /** Removes a service, unless another one has its name by now. */
  delete(service: Service): void {
    if (this.#services.get(service.name) === service) this.#services.delete(service.name);
  }

  /** Makes these all that there are. */
  become(services: readonly Service[]): void {
    this.#services.clear();
    for (const service of services) this.add(service);
  }

  /** Keeps others from taking a name until `release`. @throws {Error} with the code ERR_SERVICE_EXISTS when it is taken */
  reserve(name: string): string {
    this.mustBeFree(name);
    this.#coming.add(name);
    return name;
  }

  /** The services of these names have been added by now, or will not be. */
  release(names: readonly string[]): void {
    for (const name of names) this.#coming.delete(name);
  }

  /** @throws {Error} with the code ERR_SERVICE_EXISTS when there is, or is about to be, a service of that name */
  mustBeFree(name: string | undefined): void {
    if (name === undefined || !this.#services.has(name) && !this.#coming.has(name)) return;
    throw coded(new Error(`Cannot serve: another service is called ${quote(name)}`), "ERR_SERVICE_EXISTS");
  }
}
