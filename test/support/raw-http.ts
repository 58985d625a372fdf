import { connect, type Socket } from "node:net";

/** Bytes to a port on loopback, as they are; resolves with all that came back once the server closed or was quiet. */
export function rawExchange(port: number, bytes: string | Buffer, quietMilliseconds = 150): Promise<string> {
  return new Promise((settle, reject) => {
    let answer = "";
    const socket = connect(port, "127.0.0.1", () => socket.write(bytes));
    socket.setTimeout(quietMilliseconds, () => (answer === "" ? undefined : socket.end()));
    socket.on("data", (chunk: Buffer) => {
      answer += chunk.toString("latin1");
    });
    socket.on("error", (error: NodeJS.ErrnoException) => (answer === "" ? reject(error) : settle(answer)));
    socket.on("close", () => settle(answer));
  });
}

/** A connection that stays open; closed by the caller. */
export function rawConnection(port: number): Promise<Socket> {
  return new Promise((settle, reject) => {
    const socket = connect(port, "127.0.0.1", () => settle(socket));
    socket.on("error", reject);
  });
}

/** Status lines of the answers in what came back. */
export function statusesIn(answer: string): readonly number[] {
  return [...answer.matchAll(/HTTP\/1\.1 (\d{3}) /g)].map((match) => Number(match[1]));
}
