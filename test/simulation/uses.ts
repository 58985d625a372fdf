/** A credential that may be used so often, over all clusters of the set. */
interface Credential {
  readonly usesMax: number;
  honoured: number;
  /** An unplanned promotion may have lost uses: replication is asynchronous. */
  pardoned: boolean;
}

/** Invariant 7: how often use-limited credentials were honoured. */
export class Uses {
  private readonly credentials = new Map<string, Credential>();

  constructor(private readonly violate: (text: string) => void) {}

  created(id: string, usesMax: number): void {
    this.credentials.set(id, { usesMax, honoured: 0, pardoned: false });
  }

  honoured(id: string, cluster: string): void {
    const credential = this.credentials.get(id);
    if (credential === undefined) return;
    credential.honoured += 1;
    if (credential.honoured > credential.usesMax && !credential.pardoned) {
      this.violate(
        `${cluster} honoured ${id} for the ${credential.honoured}th time, it may be used ${credential.usesMax} times`,
      );
    }
  }

  pardonAll(): void {
    for (const credential of this.credentials.values()) credential.pardoned = true;
  }
}
