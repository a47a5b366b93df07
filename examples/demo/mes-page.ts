/** Nothing from elsewhere: the page's own style and script, and data from this server. */
export const PAGE_HEADERS = {
  "content-type": "text/html; charset=utf-8",
  "cache-control": "no-store",
  "content-security-policy": "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; connect-src 'self'",
} as const;

/** The page that lists what the MES received, newest first; a click on a line shows the document. */
export const MES_PAGE = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Demo MES</title>
<style>
  :root { color-scheme: light dark; --line: color-mix(in srgb, currentColor 18%, transparent); }
  body { font: 14px/1.5 system-ui, sans-serif; margin: 0; }
  header { padding: 20px 24px 12px; border-bottom: 1px solid var(--line); display: flex; gap: 24px; align-items: baseline; flex-wrap: wrap; }
  h1 { font-size: 20px; margin: 0; }
  main { padding: 8px 24px 32px; overflow-x: auto; }
  table { border-collapse: collapse; width: 100%; }
  th, td { text-align: left; padding: 8px 16px 8px 0; vertical-align: top; border-bottom: 1px solid var(--line); }
  th { font-weight: 600; }
  tbody tr.entry { cursor: pointer; }
  tbody tr.entry:hover, tbody tr.entry:focus-visible { background: color-mix(in srgb, currentColor 6%, transparent); }
  td.time { white-space: nowrap; font-variant-numeric: tabular-nums; }
  .accepted { color: #1a7f37; } .rejected { color: #cf222e; }
  @media (prefers-color-scheme: dark) { .accepted { color: #4ac26b; } .rejected { color: #ff7b72; } }
  pre { margin: 0; padding: 12px; max-height: 60vh; overflow: auto; white-space: pre-wrap; overflow-wrap: anywhere; font-size: 12px; background: color-mix(in srgb, currentColor 5%, transparent); }
  .quiet { opacity: .7; }
</style>
</head>
<body>
<header><h1>Demo MES</h1><span id="counts" class="quiet">waiting for the first document</span></header>
<main>
<table>
<thead><tr><th>Time</th><th>Message</th><th>Equipment</th><th>Values</th><th>Verdict</th></tr></thead>
<tbody id="rows"></tbody>
</table>
</main>
<script>
const rows = document.getElementById("rows");
const counts = document.getElementById("counts");
const open = new Set();
let shown = "";

function cell(text, name) {
  const td = document.createElement("td");
  td.textContent = text;
  if (name) td.className = name;
  return td;
}

/** Breaks the lines of a document for reading; the text itself stays as it was received. */
function pretty(entry) {
  if (entry.format === "json") { try { return JSON.stringify(JSON.parse(entry.document), null, 2); } catch { return entry.document; } }
  let depth = 0;
  return entry.document.replace(/>\\s*</g, ">\\n<").split("\\n").map((line) => {
    if (line.startsWith("</")) depth--;
    const text = "  ".repeat(Math.max(0, depth)) + line;
    if (/^<[^?!\\/]/.test(line) && !line.endsWith("/>") && !line.includes("</")) depth++;
    return text;
  }).join("\\n");
}

function row(entry, key) {
  const tr = document.createElement("tr");
  tr.className = "entry";
  tr.tabIndex = 0;
  const verdict = entry.reason ? entry.verdict + ": " + entry.reason : entry.verdict;
  tr.append(cell(new Date(entry.time).toLocaleTimeString(), "time"), cell(entry.message), cell(entry.equipment), cell(entry.values.join(", ")), cell(verdict, entry.verdict));
  const toggle = () => { open.has(key) ? open.delete(key) : open.add(key); shown = ""; refresh(); };
  tr.addEventListener("click", toggle);
  tr.addEventListener("keydown", (event) => { if (event.key === "Enter") toggle(); });
  if (!open.has(key)) return [tr];
  const detail = document.createElement("tr");
  const td = cell("");
  td.colSpan = 5;
  const pre = document.createElement("pre");
  pre.textContent = pretty(entry);
  td.append(pre);
  detail.append(td);
  return [tr, detail];
}

async function refresh() {
  try {
    const text = await (await fetch("/received")).text();
    if (text === shown) return;
    shown = text;
    const entries = JSON.parse(text);
    const rejected = entries.filter((entry) => entry.verdict === "rejected").length;
    counts.textContent = entries.length === 0 ? "waiting for the first document" : (entries.length - rejected) + " accepted, " + rejected + " rejected";
    rows.replaceChildren(...entries.map((entry) => row(entry, entry.time + entry.bodId)).reverse().flat());
  } catch {
    counts.textContent = "the MES does not answer";
  }
}

refresh();
setInterval(refresh, 2000);
</script>
</body>
</html>
`;
