import { certificateNames } from "./node-certificate";
import { nodeConfig } from "./node-config";
import type { NodeSettings } from "./node-settings";

const settings: NodeSettings = {
  name: "dc-a",
  directory: "/var/lib/dc-a",
  address: "127.0.0.1",
  apiPort: 8200,
  clusterPort: 8201,
  storage: "lmdb",
  seal: "shamir",
  logLevel: "info",
  tlsNames: [],
  settingsJson: null,
  serverExecutable: null,
};

const parsed = (changed: Partial<NodeSettings>): unknown => JSON.parse(nodeConfig({ ...settings, ...changed }));

test("writes what the server reads", () => {
  expect(parsed({})).toEqual({
    listener: [
      {
        tcp: {
          address: "127.0.0.1:8200",
          cluster_address: "127.0.0.1:8201",
          tls_cert_file: "/var/lib/dc-a/tls/server.pem",
          tls_key_file: "/var/lib/dc-a/tls/server-key.pem",
        },
      },
    ],
    storage: { lmdb: { path: "/var/lib/dc-a/data" } },
    api_addr: "https://127.0.0.1:8200",
    cluster_addr: "https://127.0.0.1:8201",
    cluster_name: "dc-a",
    node_id: "dc-a",
    log_level: "info",
    pid_file: "/var/lib/dc-a/server.pid",
  });
});

test("a static seal names the key's file and does not hold the key", () => {
  expect(parsed({ seal: "static", storage: "inmem", address: "::1" })).toMatchObject({
    seal: { static: { current_key: "file:///var/lib/dc-a/seal.key" } },
    storage: { inmem: {} },
    api_addr: "https://[::1]:8200",
  });
});

test("further settings are merged over it, member by member", () => {
  const settingsJson = JSON.stringify({
    log_level: "debug",
    storage: { lmdb: { sync: true } },
    __proto__: null,
    max_lease_ttl: "1h",
  });
  expect(parsed({ settingsJson })).toMatchObject({
    log_level: "debug",
    max_lease_ttl: "1h",
    storage: { lmdb: { path: "/var/lib/dc-a/data", sync: true } },
  });
  expect(() => nodeConfig({ ...settings, settingsJson: "[1]" })).toThrow('node "dc-a"');
  expect(() => nodeConfig({ ...settings, settingsJson: "secret=1" })).toThrow(/^(?!.*secret=1)/);
});

test("the certificate covers every name once, and no wildcard address", () => {
  expect(
    certificateNames({ name: "dc-a", address: "0.0.0.0", tlsNames: ["dc-a", "10.0.0.1", "secrets.example.com"] }),
  ).toEqual({
    dnsNames: ["localhost", "dc-a", "secrets.example.com"],
    ipAddresses: ["127.0.0.1", "::1", "10.0.0.1"],
  });
});
