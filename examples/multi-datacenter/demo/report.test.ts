import { Report, table } from "./report";

describe("Report", () => {
  it("lines up what was done and what was seen", () => {
    expect(
      table("act", "seen", [
        { act: "write", seen: "3 ms" },
        { act: "a login", seen: "accepted" },
      ]),
    ).toBe("act      seen\n-------  --------\nwrite    3 ms\na login  accepted\n");
  });

  it("sums up what it saw and how long each part took, also of a part that failed", async () => {
    const written: string[] = [];
    const report = new Report((text) => written.push(text));
    report.saw({ act: "write", seen: "3 ms" });
    expect(await report.timed("good", async () => 7)).toBe(7);
    await expect(report.timed("bad", () => Promise.reject(new Error("broken")))).rejects.toThrow("broken");
    expect(written.join("")).toContain("write: 3 ms");
    expect(report.summary()).toMatch(/write\s+3 ms.*good\s+\d+\.\d s.*bad\s+\d+\.\d s.*all of it\s+\d+\.\d s/s);
  });
});
