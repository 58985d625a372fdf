/** What this node says about itself in health, leader and seal-status answers. */
export interface ClusterFacts {
  readonly clusterId: string;
  readonly clusterName: string;
  readonly version: string;
  /** RFC 3339. */
  readonly buildDate: string;
  /** e.g. `https://10.1.0.10:8200`. */
  readonly apiAddress: string;
  /** e.g. `https://10.1.0.10:8201`. */
  readonly clusterAddress: string;
  readonly storageType: string;
}
