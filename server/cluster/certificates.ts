import type { Clock } from "../sdk/clock";
import type { Random } from "../sdk/random";
import {
  createAuthority,
  fingerprintOf,
  issueMember,
  type KeyedCertificate,
  type MemberRequest,
} from "./certificate-authority";

/** The certificate authority as replication uses it. */
export function clusterCertificates(clock: Clock, random: Random) {
  return {
    createAuthority: (setId: string): Promise<KeyedCertificate> =>
      createAuthority(setId, clock.nowMilliseconds(), random),
    issue: (authority: KeyedCertificate, request: Omit<MemberRequest, "nowMilliseconds">): Promise<KeyedCertificate> =>
      issueMember(authority, { ...request, nowMilliseconds: clock.nowMilliseconds() }, random),
    fingerprintOf,
  };
}
