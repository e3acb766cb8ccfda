/** The style of the shadow tree. System colours follow the colour scheme. */
const CSS = `
:host {
  display: block;
  max-inline-size: 100%;
  color-scheme: light dark;
  color: var(--stgan-color, CanvasText);
  --accent: var(--stgan-accent, CanvasText);
  --on-accent: var(--stgan-on-accent, Canvas);
  --line: var(--stgan-line, color-mix(in srgb, CanvasText 55%, Canvas));
  --radius: var(--stgan-radius, 0.5rem);
}
:host([hidden]) { display: none; }
:host([appearance='light']) { color-scheme: light; }
:host([appearance='dark']) { color-scheme: dark; }
[hidden] { display: none !important; }
.frame {
  position: relative;
  display: grid;
  place-items: center;
  min-block-size: 6rem;
  overflow: hidden;
  border-radius: var(--radius);
  background: var(--stgan-background, color-mix(in srgb, CanvasText 8%, Canvas));
}
.frame.has-image { min-block-size: 0; }
.frame > canvas {
  display: block;
  inline-size: 100%;
  block-size: auto;
  max-block-size: var(--stgan-max-block-size, 80vh);
  object-fit: contain;
}
.frame.mirror > canvas { transform: scaleX(-1); }
.busy {
  position: absolute;
  inset-block-end: 0;
  inset-inline: 0;
  block-size: 0.25rem;
  background: var(--accent);
  animation: busy 1.2s ease-in-out infinite alternate;
}
@keyframes busy { from { opacity: 0.25; } to { opacity: 1; } }
.message { min-block-size: 1.5em; margin-block: 0.5rem; line-height: 1.5; }
.error { font-weight: 600; }
.error:not(:empty)::before { content: '⚠ '; content: '⚠ ' / ''; }
.glasses {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem;
  min-inline-size: 0;
  margin: 0 0 0.5rem;
  padding: 0;
  border: 0;
}
.option {
  position: relative;
  display: grid;
  place-items: center;
  inline-size: 6rem;
  block-size: 3rem;
  box-sizing: border-box;
  padding: 0.25rem;
  border: 1px solid var(--line);
  border-radius: var(--radius);
  background: #fff;
  cursor: pointer;
}
.option input { position: absolute; inset: 0; margin: 0; opacity: 0; cursor: pointer; }
.option canvas { max-inline-size: 100%; max-block-size: 100%; }
.option.selected { border-color: var(--accent); box-shadow: inset 0 0 0 2px #000; }
.option:focus-within { outline: 3px solid Highlight; outline-offset: 2px; }
.hidden-text {
  position: absolute;
  inline-size: 1px;
  block-size: 1px;
  overflow: hidden;
  clip-path: inset(50%);
  white-space: nowrap;
}
.controls { display: flex; flex-wrap: wrap; gap: 0.5rem; }
button {
  min-block-size: 2.75rem;
  padding: 0.5rem 1rem;
  border: 1px solid var(--accent);
  border-radius: var(--radius);
  background: var(--accent);
  color: var(--on-accent);
  font: inherit;
  font-weight: 600;
  cursor: pointer;
}
button:focus-visible { outline: 3px solid Highlight; outline-offset: 2px; }
@media (prefers-reduced-motion: reduce) { .busy { animation: none; } }
@media (forced-colors: active) { .option.selected { outline: 3px solid Highlight; } }
`;

let sheet: CSSStyleSheet | undefined;

/**
 * The style sheet, which all elements of the page share. A content security policy does not refuse
 * constructed style sheets.
 */
export function styleSheet(): CSSStyleSheet {
  if (!sheet) {
    sheet = new CSSStyleSheet();
    sheet.replaceSync(CSS);
  }
  return sheet;
}
