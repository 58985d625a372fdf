import { RawJson } from "../../../sdk/json";
import type { ReplayRequest, StoredKeys, StoredState } from "../../../sdk/stored-keys";
import { decodeKeyMetadata, isReadable } from "./key-metadata";
import { SECRET_PREFIX } from "./path-secret";
import { CONFIG_KEY, METADATA_PREFIX, VERSIONS_PREFIX } from "./versioned-store";

const DATA_PREFIX = "data/";
const NOTHING = Buffer.alloc(0);

/** Version 1: the last state is all there is. */
export const versionOneKeys: StoredKeys = {
  pathOf: (key) => (key.startsWith(SECRET_PREFIX) ? key.slice(SECRET_PREFIX.length) : undefined),
  read: (_path, [state]) => (state?.value === undefined ? undefined : new RawJson(secretText(state.value))),
  replay: (path, [state]) => {
    if (state === undefined) return "nothing of it was kept";
    if (state.value === undefined) return { operation: "delete", path, body: NOTHING, overwrites: true };
    return { operation: "update", path, body: secretText(state.value), overwrites: true };
  },
};

/** Version 2: what was the current version. A replay adds a version; earlier ones are not made again. */
export const versionTwoKeys: StoredKeys = {
  pathOf: (key) => {
    if (key === CONFIG_KEY) return key;
    if (key.startsWith(METADATA_PREFIX)) return DATA_PREFIX + key.slice(METADATA_PREFIX.length);
    const version = /^versions\/\d+\/(.+)$/s.exec(key);
    return version?.[1] === undefined ? undefined : DATA_PREFIX + version[1];
  },
  read: (path, states, nowMilliseconds) => {
    const current = path.startsWith(DATA_PREFIX) ? currentOf(states, nowMilliseconds) : undefined;
    if (current?.text === undefined) return undefined;
    return { data: new RawJson(current.text), metadata: { version: current.version, deleted: current.isDeleted } };
  },
  replay: (path, states, nowMilliseconds) => {
    if (!path.startsWith(DATA_PREFIX)) return "settings of a mount are not replayed: write them yourself";
    return replayOfSecret(path, states, nowMilliseconds);
  },
};

function replayOfSecret(path: string, states: readonly StoredState[], nowMilliseconds: number): ReplayRequest | string {
  const metadata = states.find(({ key }) => key.startsWith(METADATA_PREFIX));
  if (metadata !== undefined && metadata.value === undefined) {
    const metadataPath = METADATA_PREFIX + path.slice(DATA_PREFIX.length);
    return { operation: "delete", path: metadataPath, body: NOTHING, overwrites: true };
  }
  const current = currentOf(states, nowMilliseconds);
  if (current?.isDeleted === true) return { operation: "delete", path, body: NOTHING, overwrites: false };
  if (current?.text === undefined) return "only its metadata was written, which is not replayed: write it yourself";
  const body = Buffer.concat([Buffer.from('{"data":'), current.text, Buffer.from("}")]);
  return { operation: "update", path, body, overwrites: false };
}

/** The current version by the kept metadata; by the kept versions alone where no metadata was kept. */
function currentOf(states: readonly StoredState[], nowMilliseconds: number) {
  const stored = states.find(({ key, value }) => key.startsWith(METADATA_PREFIX) && value !== undefined)?.value;
  const metadata = stored && decodeKeyMetadata(stored);
  const texts = new Map(states.flatMap((state) => versionOf(state)));
  const version = metadata?.currentVersion ?? Math.max(0, ...texts.keys());
  const known = metadata?.versions.get(version);
  const isDeleted = known !== undefined && !isReadable(known, nowMilliseconds);
  return version === 0 ? undefined : { version, isDeleted, text: texts.get(version) };
}

function versionOf({ key, value }: StoredState): readonly (readonly [number, Buffer])[] {
  if (!key.startsWith(VERSIONS_PREFIX) || value === undefined) return [];
  return [[Number(key.split("/")[1]), value]];
}

/** Behind the line with the lease hint. */
function secretText(value: Buffer): Buffer {
  return value.subarray(value.indexOf("\n") + 1);
}
