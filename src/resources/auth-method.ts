import { mountResource } from "./mount-resource";

export const authMethod = mountResource({
  name: "meridian_auth_method",
  kind: "auth method",
  description: "An auth method: how people and programs log in.",
  loss: "delete its users and roles and end their tokens",
});
