import type { StoredKeys } from "../../../sdk/stored-keys";

const PREFIX = "user/";

export const userpassKeys: StoredKeys = {
  pathOf: (key) => (key.startsWith(PREFIX) ? `users/${key.slice(PREFIX.length)}` : undefined),
};
