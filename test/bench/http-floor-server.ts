import { type HttpListener, listenHttp } from "../../server/http/listener";
import { systemClock } from "../../server/sdk/clock";

/** Our codec answering fixed bytes: what is left when no rule runs. Prints its port. */
async function main(): Promise<HttpListener> {
  const body = Buffer.from(process.argv[2] ?? "", "base64");
  const answer = { status: 200, body };
  const listener = await listenHttp({ host: "127.0.0.1", port: 0, clock: systemClock, handler: () => answer });
  process.stdout.write(`${listener.address.port}\n`);
  return listener;
}

void main();
