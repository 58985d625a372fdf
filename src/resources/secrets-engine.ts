import { mountResource } from "./mount-resource";

export const secretsEngine = mountResource({
  name: "meridian_secrets_engine",
  kind: "secrets engine",
  description: "A secrets engine: what stores or makes secrets under a path.",
  loss: "delete all secrets in it",
});
