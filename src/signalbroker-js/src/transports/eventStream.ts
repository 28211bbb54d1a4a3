/** Cuts a stream of server-sent events (HTML standard, section 9.2) into their data. */
export function createEventReader(onData: (data: string) => void): (text: string) => void {
  let rest = "";
  let data: string[] = [];
  return (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const ended of lines) {
      const line = ended.endsWith("\r") ? ended.slice(0, -1) : ended;
      if (line === "") {
        if (data.length > 0) {
          onData(data.join("\n"));
          data = [];
        }
      } else if (line.startsWith("data:")) {
        data.push(line.slice(line[5] === " " ? 6 : 5));
      }
      // Comments are heart-beats; other fields mean nothing here.
    }
  };
}
