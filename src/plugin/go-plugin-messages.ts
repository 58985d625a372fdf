import { Protobuf } from "./protobuf";

/** The messages of go-plugin's own services, and of the standard gRPC health service. */
export const goPlugin = new Protobuf({
  Empty: {},
  HealthCheckRequest: { service: [1, "string"] },
  HealthCheckResponse: { status: [1, "enum"] },
} as const);

export const HEALTH_STATUS = { serving: 1, serviceUnknown: 3 } as const;
