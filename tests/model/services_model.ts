/** A simple account of many services in one process, from one file, written from the manual and not from the program. */
import { type GroupText, type ModelChannel, ModelGroup } from "./group_model.ts";

/** Groups that files and operators use. */
const GROUPS = [0, 1];

/** A service in the file. */
export interface ServiceText {
  readonly name: string;
  /** Numbers of its ports. */
  readonly ports: readonly number[];
  /** Its `--max-connections`, if it has one. */
  readonly limit: number | undefined;
  readonly groups: readonly GroupText[];
}

/** One service. */
export class ModelService {
  readonly groups = GROUPS.map(() => new ModelGroup());
  connections = 0;
  text: ServiceText;

  constructor(text: ServiceText) {
    this.text = { ...text, groups: [] };
    this.follow(text);
  }

  get full(): boolean {
    return this.connections >= (this.text.limit ?? Infinity);
  }

  get channels(): ModelChannel[] {
    return this.groups.flatMap(({ channels }) => channels);
  }

  follow(text: ServiceText): void {
    this.groups.forEach((group, number) => group.follow(this.text.groups[number], text.groups[number]));
    this.text = text;
  }

  /** Channels of which the next client gets one; none if it is turned away. */
  choices(): ModelChannel[] {
    return this.groups.map((group) => group.choices()).find(({ length }) => length > 0) ?? [];
  }
}

/** One established connection. */
export interface ModelConnection {
  readonly service: ModelService;
  readonly channel: ModelChannel;
}

export class ServicesModel {
  services: ModelService[] = [];
  /** All, also those of services and channels that are gone. */
  readonly connections: ModelConnection[] = [];

  constructor(file: readonly ServiceText[]) {
    this.reload(file);
  }

  /** The service on a port. */
  owner(port: number): ModelService | undefined {
    return this.services.find(({ text }) => text.ports.includes(port));
  }

  reload(file: readonly ServiceText[]): void {
    const gone = this.services.filter(({ text }) => file.every(({ name }) => name !== text.name));
    this.services = file.map((text) => {
      // One that is only called something else is still the same.
      const service = this.services.find((service) => service.text.name === text.name) ??
        gone.find((service) => samePorts(service.text, text));
      if (service === undefined) return new ModelService(text);
      service.follow(text);
      return service;
    });
  }

  /** A client has got a channel. */
  arrived(service: ModelService, channel: ModelChannel): ModelConnection {
    const group = service.groups.find(({ channels }) => channels.includes(channel));
    if (group?.strategy === "rr") group.turn = (group.channels.indexOf(channel) + 1) % group.channels.length;
    channel.current++;
    channel.total++;
    // Its back end has said its number.
    channel.rcvd++;
    service.connections++;
    const connection = { service, channel };
    this.connections.push(connection);
    return connection;
  }

  /** A connection is over. */
  closed(connection: ModelConnection): void {
    this.connections.splice(this.connections.indexOf(connection), 1);
    connection.channel.current--;
    connection.service.connections--;
  }
}

function samePorts(a: ServiceText, b: ServiceText): boolean {
  return a.ports.length === b.ports.length && a.ports.every((port) => b.ports.includes(port));
}
