import type { SealKind } from "../barrier/seal/seal-kind";
import { shamirSeal } from "../barrier/seal/shamir";
import { staticSeal } from "../barrier/seal/static";
import type { Configuration } from "../config/configuration";
import { approle } from "../mounts/auth/approle";
import { tokenAuth } from "../mounts/auth/token";
import { userpass } from "../mounts/auth/userpass";
import { cubbyhole } from "../mounts/secrets/cubbyhole";
import { kv } from "../mounts/secrets/kv";
import type { MountType } from "../sdk/mount";
import type { Random } from "../sdk/random";
import type { Storage } from "../sdk/storage";
import type { TokenPort } from "../sdk/token";
import { openLmdbStorage } from "../storage/lmdb";
import { openMemoryStorage } from "../storage/memory";

/** Every secrets engine and auth method that can be mounted: one row each. */
export function mountTypes(tokens: TokenPort): readonly MountType[] {
  return [kv, cubbyhole, userpass, approle, tokenAuth(tokens)];
}

/** Every storage engine: one row each. */
export function openStorage(storage: Configuration["storage"]): Promise<Storage> {
  switch (storage.engine) {
    case "lmdb":
      return openLmdbStorage({ directory: storage.path });
    case "inmem":
      return openMemoryStorage();
  }
}

/** Every way to keep the root key: one row each. */
export function sealKind(seal: Configuration["seal"], random: Random): SealKind {
  switch (seal.kind) {
    case "shamir":
      return shamirSeal();
    case "static":
      return staticSeal({
        currentKeyId: seal.currentKeyId,
        currentKey: seal.currentKey,
        random,
        ...(seal.previous === undefined ? {} : { previous: seal.previous }),
      });
  }
}
