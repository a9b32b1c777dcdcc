/** Ports that follow each other. */
export interface PortsState {
  /** The lowest of them. */
  readonly first: number;
  /** The same as `first` for a single port. */
  readonly last: number;
}
