/** What one session knows: it counts up one key. */
interface Session {
  /** The newest count that it was told to be readable where it asks. */
  confirmed: number;
  /** The newest count that it ever sent. */
  sent: number;
}

/** Invariant 6: a session reads what it wrote, at every cluster that says it holds it. */
export class Sessions {
  private readonly sessions = new Map<string, Session>();

  constructor(private readonly violate: (text: string) => void) {}

  sends(name: string): number {
    const session = this.of(name);
    session.sent += 1;
    return session.sent;
  }

  /** The write was acknowledged, and the cluster says that it has applied it. */
  confirmed(name: string, count: number): void {
    const session = this.of(name);
    session.confirmed = Math.max(session.confirmed, count);
  }

  /** What a read must find at least that begins now. */
  floor(name: string): number {
    return this.of(name).confirmed;
  }

  read(name: string, cluster: string, floor: number, found: number): void {
    const { sent } = this.of(name);
    if (found < floor) this.violate(`${name} reads ${found} at ${cluster}, which said that it holds ${floor}`);
    if (found > sent) this.violate(`${name} reads ${found} at ${cluster} and has sent no more than ${sent}`);
  }

  /** An unplanned promotion may have lost writes. */
  pardonAll(): void {
    for (const session of this.sessions.values()) session.confirmed = 0;
  }

  private of(name: string): Session {
    const known = this.sessions.get(name);
    if (known !== undefined) return known;
    const session = { confirmed: 0, sent: 0 };
    this.sessions.set(name, session);
    return session;
  }
}
