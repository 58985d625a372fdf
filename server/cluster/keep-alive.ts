import { type Clock, systemClock } from "../sdk/clock";

/** The part of an HTTP/2 session that is needed here. */
export interface PingableSession {
  readonly destroyed: boolean;
  readonly socket: { readonly bytesRead: number };
  ping(answered: () => void): boolean;
}

export const PING_MILLISECONDS = 5_000;
/** A peer of which not one byte came for so long is gone, whatever TCP believes. */
export const SILENCE_MILLISECONDS_MAX = 20_000;

/**
 * Asks the peer for a sign of life again and again (PING, RFC 9113 section 6.7). Without it a connection whose other end is
 * gone without a word lasts until TCP gives up: whoever only waits for an answer would wait for a quarter of an hour, and
 * whoever sends into a full window for ever.
 * @returns the function that ends it
 */
export function keepAlive(session: PingableSession, gone: () => void, clock: Clock = systemClock): () => void {
  let bytesRead = 0;
  let heardMilliseconds = clock.monotonicMilliseconds();
  const look = (): void => {
    if (session.destroyed) return;
    const now = clock.monotonicMilliseconds();
    if (session.socket.bytesRead !== bytesRead) heardMilliseconds = now;
    bytesRead = session.socket.bytesRead;
    if (now - heardMilliseconds >= SILENCE_MILLISECONDS_MAX) {
      gone();
      return;
    }
    // Refused while one is under way: that one asks just as well.
    session.ping(() => undefined);
    timer = clock.setTimer(PING_MILLISECONDS, look);
    timer.unref();
  };
  let timer = clock.setTimer(PING_MILLISECONDS, look);
  timer.unref();
  return () => timer.cancel();
}
