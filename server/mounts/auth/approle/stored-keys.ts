import type { StoredKeys } from "../../../sdk/stored-keys";

const SECRET_ID_KEY = /^secret-id\/([^/]+)\/([0-9a-f]{64})$/;

/** Roles and secret ids; what else is stored are ways to find them. */
export const approleKeys: StoredKeys = {
  pathOf: (key) => {
    if (key.startsWith("role/")) return key;
    const role = SECRET_ID_KEY.exec(key)?.[1];
    return role === undefined ? undefined : `role/${role}/secret-id`;
  },
  revocationBy: (key) => {
    const [, role, hash] = SECRET_ID_KEY.exec(key) ?? [];
    if (role === undefined || hash === undefined) return undefined;
    const payload = new Map([
      ["role", role],
      ["hash", hash],
    ]);
    return { call: "destroy-secret-id", payload };
  },
};
