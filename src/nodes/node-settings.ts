/** Everything that decides how a local node runs. */
export interface NodeSettings {
  readonly name: string;
  /** Absolute. */
  readonly directory: string;
  /** IP address. */
  readonly address: string;
  readonly apiPort: number;
  readonly clusterPort: number;
  readonly storage: string;
  readonly seal: string;
  readonly logLevel: string;
  readonly tlsNames: readonly string[];
  /** JSON object, merged over what is made from the rest. */
  readonly settingsJson: string | null;
  /** As configured; null: found by itself. */
  readonly serverExecutable: string | null;
}

export function apiAddress({ address, apiPort }: Pick<NodeSettings, "address" | "apiPort">): string {
  return urlOf(address, apiPort);
}

export function clusterAddress({ address, clusterPort }: Pick<NodeSettings, "address" | "clusterPort">): string {
  return urlOf(address, clusterPort);
}

export function urlOf(address: string, port: number): string {
  return `https://${hostPort(address, port)}`;
}

export function hostPort(address: string, port: number): string {
  return address.includes(":") ? `[${address}]:${port}` : `${address}:${port}`;
}
