/** The report's style sheet: light, and dark where the reader prefers it. */
export const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #fbfbf9; --card: #ffffff; --ink: #1b1f24; --ink-soft: #57606a; --grid: #e3e5e8; --good: #1a7f4b; --bad: #b42318;
  --series-1: #2563a8; --series-2: #d1662b; --series-3: #2f8f6b; --series-4: #8a4fa3; --series-5: #b5912b;
  --series-6: #c2416b; --series-7: #4a7d8c; --series-8: #6b6f76;
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14171a; --card: #1c2024; --ink: #e8eaed; --ink-soft: #a3abb3; --grid: #30363c; --good: #4cc38a; --bad: #ff7b6b;
    --series-1: #6ba8ec; --series-2: #f0935c; --series-3: #5cc49a; --series-4: #c08bd8; --series-5: #e0bd5a;
    --series-6: #ee7f9f; --series-7: #7fb8c7; --series-8: #a6abb2;
  }
}
* { box-sizing: border-box; }
body { margin: 0; background: var(--paper); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 960px; margin: 0 auto; padding: 40px 20px 80px; }
h1 { font-size: 30px; letter-spacing: -0.02em; margin: 0; }
h2 { font-size: 20px; margin: 0 0 8px; letter-spacing: -0.01em; }
p { color: var(--ink-soft); margin: 8px 0 16px; max-width: 72ch; }
code { font: 0.92em ui-monospace, monospace; color: var(--ink); }
section { background: var(--card); border: 1px solid var(--grid); border-radius: 12px; padding: 24px; margin-top: 20px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(116px, 1fr)); gap: 18px; }
.tile b { display: block; font-size: 22px; font-variant-numeric: tabular-nums; letter-spacing: -0.02em; white-space: nowrap; }
.tile span { color: var(--ink-soft); font-size: 13px; }
figure { margin: 8px 0 16px; overflow-x: auto; }
figure svg { width: 100%; height: auto; min-width: 560px; }
.equation { color: var(--ink); font-variant-numeric: tabular-nums; max-width: none; }
.badge { font-size: 13px; font-weight: 600; padding: 2px 10px; border-radius: 999px; border: 1px solid; vertical-align: 2px; }
.good { color: var(--good); } .bad { color: var(--bad); }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; font-size: 14px; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--grid); white-space: nowrap; }
th { color: var(--ink-soft); font-weight: 600; }
.n { text-align: right; }
summary { cursor: pointer; color: var(--ink-soft); margin-bottom: 8px; }
`;
