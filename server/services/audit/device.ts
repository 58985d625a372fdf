import type { AuditDeviceEntry, AuditedRequest, AuditedResponse } from "../../sdk/audit";
import type { Clock } from "../../sdk/clock";
import type { FileDeviceOptions } from "./device-options";
import { fileDeviceOptions } from "./device-options";
import { EntryWriter } from "./entry-writer";
import type { LineSink } from "./file-sink";
import { discardSink, FileSink, StandardOutputSink } from "./file-sink";
import { SaltedHash } from "./salted-hash";

/** Names in a device's path that differ from node to node: device configuration replicates to clusters that share a host. */
export interface PathNames {
  readonly nodeId: string;
  readonly clusterName: string;
}

/** One enabled device of this node. */
export class AuditDevice {
  private readonly writer: EntryWriter;
  private readonly hasher: SaltedHash;

  private constructor(
    readonly entry: AuditDeviceEntry,
    salt: Buffer,
    options: FileDeviceOptions,
    private readonly sink: LineSink,
    private readonly clock: Clock,
  ) {
    this.hasher = new SaltedHash(salt);
    this.writer = new EntryWriter(options, this.hasher);
  }

  /** @throws invalid_request for wrong options */
  static of(entry: AuditDeviceEntry, salt: Buffer, clock: Clock, names: PathNames): AuditDevice {
    const options = fileDeviceOptions(entry.options);
    return new AuditDevice(entry, salt, options, sinkOf(options, clock, names), clock);
  }

  request(request: AuditedRequest, error: string): Promise<void> {
    return this.sink.append(this.writer.requestLine(request, error, this.clock.nowMilliseconds()));
  }

  response(request: AuditedRequest, response: AuditedResponse): Promise<void> {
    return this.sink.append(this.writer.responseLine(request, response, this.clock.nowMilliseconds()));
  }

  hash(text: string): string {
    return this.hasher.of(text);
  }

  reopen(): Promise<void> {
    return this.sink.reopen();
  }

  close(): Promise<void> {
    return this.sink.close();
  }
}

function sinkOf(options: FileDeviceOptions, clock: Clock, names: PathNames): LineSink {
  const { filePath, mode } = options;
  if (filePath === "discard") return discardSink;
  if (filePath === "stdout") return new StandardOutputSink();
  const path = filePath
    .replaceAll("{{node_id}}", safe(names.nodeId))
    .replaceAll("{{cluster_name}}", safe(names.clusterName));
  return new FileSink(path, mode, clock);
}

/** A name must stay one segment of the path. */
function safe(name: string): string {
  return name.replace(/[^\w.-]/g, "_").replace(/^\.+/, "_");
}
