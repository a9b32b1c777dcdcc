import { freePort } from "../support/free_port.ts";

/** A service, whichever load balancer has it. */
export interface ReloadedService {
  readonly name: string;
  readonly port: number;
  /** Seconds. */
  readonly connectTimeout: number;
  /** Addresses such as `127.0.0.1:80`. */
  readonly channels: readonly string[];
}

/** What a load balancer serves from one reload to the next: the program and HAProxy get the same. */
export class ReloadedServices {
  /** Port of the service that is under load. */
  readonly port = freePort();
  readonly #extra = freePort();
  readonly #moving = freePort();
  readonly #channels: readonly string[];

  /** @param channels two of them */
  constructor(channels: readonly string[]) {
    this.#channels = channels;
  }

  /** The services after so many reloads: the one under load is changed, another one comes or goes, a third one moves. */
  after(reloads: number): ReloadedService[] {
    const odd = reloads % 2, connectTimeout = 5, [first] = this.#channels;
    return [
      { name: "load", port: this.port, connectTimeout: 5 + reloads % 3, channels: this.#channels.slice(odd) },
      ...odd === 0 ? [] : [{ name: "extra", port: this.#extra, connectTimeout, channels: [first] }],
      { name: "moving", port: this.#moving, connectTimeout, channels: [this.#channels[odd]] },
    ];
  }
}
