import { healthCheckPath } from "./health-check-path";

describe("healthCheckPath", () => {
  it("keeps clients away from DR secondaries, and other clusters not", () => {
    expect(healthCheckPath("serving")).toBe("/v1/sys/health?standbyok=true&perfstandbyok=true");
    expect(healthCheckPath("replication")).toBe("/v1/sys/health?drsecondarycode=200");
  });

  it.each(["", "primary", "constructor", "__proto__"])("refuses the role %j", (role) => {
    expect(() => healthCheckPath(role)).toThrow(`no health check for role "${role}": use serving or replication`);
  });
});
