// SPDX-License-Identifier: BSD-2-Clause
// Parts of pages: dialog, thumbnail, list, drop zone, copy, errors.
import { html, useEffect, useLayoutEffect, useRef, useState } from './preact.js';
import { ApiError, NoAnswer, path, readAgain, state, toast } from './core.js';
import { ago, moment, safe, short, t } from './text.js';

/** A name of others: whole when pointed at, cut where it is shown. */
export const Name = ({ of, length }) =>
  html`<bdi title=${safe(of)}>${short(of, length)}</bdi>`;

export const Time = ({ at }) => at && html`<time datetime=${
  new Date(at).toISOString()} title=${moment(new Date(at))}>${
  ago(new Date(at))}</time>`;

/** State by shape and word, and by colour besides. */
export const Mark = ({ kind, children }) => html`<span class=${'mark ' + kind}>
  <span aria-hidden="true">${{ good: '●', wait: '△', bad: '✗', off: '○' }[kind]
  }</span> ${children}</span>`;

/** What went wrong, as a sentence. */
export function sentence(e) {
  if (e instanceof NoAnswer) return t('error.no_answer');
  if (!(e instanceof ApiError)) return String(e && e.message || e);
  if (e.status === 507) return t('error.full');
  if (e.status === 403 && !(e.data && e.data.invalid_authentication))
    return t('error.forbidden', { message: e.message });
  return e.message;
}

export const Trouble = ({ of, again }) => of && html`
  <p class="trouble" role="alert">${sentence(of)}
    ${again && html` <button class="plain" onClick=${again}>${
      t('again')}</button>`}</p>`;

/** Shown after a moment only, so that what is quick does not flicker. */
export function Loading() {
  const [shown, show] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => show(true), 150);
    return () => clearTimeout(timer);
  }, []);
  return html`<p class="loading" aria-busy="true">${shown && t('loading')}</p>`;
}

export const thumbnail = (hash, size = 320) => path`/sourceimages/${
  state.session.organization}/${hash}/thumbnail` + `?size=${size}`;

/**
 * A small picture, by its hash: it cannot be an old one. One that fails, as when
 * the queue is full, is asked for again.
 */
export function Thumb({ hash, size = 320, alt = '' }) {
  const [tries, setTries] = useState(0);
  const [failed, setFailed] = useState(false);
  useEffect(() => { setTries(0); setFailed(false); }, [hash]);
  const retry = () => {
    if (tries < 3) setTimeout(() => setTries(tries + 1), 800 << tries);
    else setFailed(true);
  };
  return html`<span class="thumb">${failed
    ? html`<span class="none">${t('no_preview')}</span>`
    : html`<img src=${thumbnail(hash, size) + (tries ? `#${tries}` : '')}
        key=${hash + tries} alt=${alt} loading="lazy" decoding="async"
        onError=${retry}/>`}</span>`;
}

let dialogs = 0;

/**
 * A dialog of the browser's own; Escape closes it, if *close* takes it away.
 * @param {{title: string, close: () => void, children: any, wide?: boolean}} p
 */
export function Dialog({ title, close, children, wide }) {
  const ref = useRef();
  const [id] = useState(() => `dialog-${++dialogs}`);
  useLayoutEffect(() => {
    const before = document.activeElement;
    ref.current.showModal();
    const first = ref.current.querySelector('[data-first]');
    if (first) first.focus();
    const dialog = ref.current;
    return () => {
      // While it is open, nothing outside of it takes the focus.
      dialog.close();
      if (before && before.isConnected) before.focus();
    };
  }, []);
  // Of two Escapes, the browser lets a page prevent the first only.
  const open = () => ref.current && !ref.current.open &&
    ref.current.showModal();
  return html`<dialog ref=${ref} class=${wide ? 'wide' : ''}
      aria-labelledby=${id} onCancel=${(e) => {
        e.preventDefault(); close(); }} onClose=${open}>
    <h2 id=${id}>${title}</h2>${children}</dialog>`;
}

/**
 * The text of a field that is taken over when it has rested for a moment. What
 * is typed until then stays, whatever was taken over before it.
 * @param {string} taken
 * @param {(text: string) => void} take
 */
export function useTyped(taken, take) {
  const [typed, setTyped] = useState(taken);
  const mine = useRef(taken);
  useEffect(() => {
    if (typed === mine.current) return undefined;
    const timer = setTimeout(() => { mine.current = typed; take(typed); }, 150);
    return () => clearTimeout(timer);
  }, [typed]);
  useEffect(() => {
    if (taken === mine.current) return;
    mine.current = taken;
    setTyped(taken);
  }, [taken]);
  return [typed, setTyped];
}

/**
 * For requests of which the last one counts: takes the place of the one before,
 * whose answer is thrown away.
 */
export function useLatest() {
  const under = useRef(null);
  useEffect(() => () => under.current && under.current.abort(), []);
  return () => {
    if (under.current) under.current.abort();
    under.current = new AbortController();
    return under.current.signal;
  };
}

/** A button that copies, and says so. */
export function Copy({ text, before }) {
  const [done, setDone] = useState('');
  const copy = async () => {
    try {
      if (before) await before();
      await navigator.clipboard.writeText(text);
      setDone(t('copied'));
    } catch (e) {
      setDone(e && e.name === 'NotAllowedError' || !navigator.clipboard
        ? t('copy_by_hand') : sentence(e));
    }
    setTimeout(() => setDone(''), 4000);
  };
  return html`<button onClick=${copy}>${t('copy')}</button>
    <span role="status" class="aside">${done}</span>`;
}

/** Files of a drop, folders too. */
export async function dropped(transfer) {
  const entries = [...transfer.items].filter((i) => i.kind === 'file')
    .map((i) => i.webkitGetAsEntry && i.webkitGetAsEntry());
  if (!entries.some((e) => e && e.isDirectory)) return [...transfer.files];
  const files = [];
  const walk = async (entry) => {
    if (entry.isFile)
      files.push(await new Promise((ok, no) => entry.file(ok, no)));
    else {
      const reader = entry.createReader();
      for (;;) {
        const some = await new Promise((ok, no) => reader.readEntries(ok, no));
        if (!some.length) break;
        for (const e of some) await walk(e);
      }
    }
  };
  for (const e of entries) if (e) await walk(e);
  return files;
}

/**
 * While it is on the page, files that are dropped anywhere or pasted go to
 * *take*. Gives whether some are held above the page.
 */
export function useFiles(take, deps = []) {
  const [over, setOver] = useState(false);
  useEffect(() => {
    if (!take) return undefined;
    const has = (e) => [...(e.dataTransfer ? e.dataTransfer.types : [])]
      .includes('Files');
    const events = {
      dragover: (e) => {
        if (!has(e)) return;
        e.preventDefault();
        setOver(true);
      },
      dragleave: (e) => !e.relatedTarget && setOver(false),
      drop: async (e) => {
        if (!has(e) || e.defaultPrevented) { setOver(false); return; }
        e.preventDefault();
        setOver(false);
        take(await dropped(e.dataTransfer));
      },
      paste: (e) => {
        const files = [...e.clipboardData.files];
        if (files.length) { e.preventDefault(); take(files); }
      },
    };
    for (const [name, f] of Object.entries(events))
      window.addEventListener(name, f);
    return () => {
      for (const [name, f] of Object.entries(events))
        window.removeEventListener(name, f);
    };
  }, deps);
  return over;
}

/** A button that opens the chooser of files. */
export function Choose({ take, many, label, primary, id }) {
  const ref = useRef();
  return html`<button class=${primary ? 'primary' : ''} id=${id}
      onClick=${() => ref.current.click()}>${label}</button>
    <input ref=${ref} type="file" accept="image/*,.heic,.pdf,.svg" hidden
      multiple=${many} onChange=${(e) => {
        const files = [...e.target.files];
        e.target.value = '';
        if (files.length) take(files);
      }}/>`;
}

/**
 * As many rows as are seen, of a list that may be long: the others are room.
 * @param {{items: any[], width: number, height: number,
 *   draw: (item: any) => any, more?: () => void, label: string}} p  width: the
 *   least of a column, 0 for one column; height: of each row
 */
export function Windowed({ items, width, height, draw, more, label }) {
  const ref = useRef();
  const [seen, see] = useState({ columns: 1, first: 0, last: 20 });
  const look = () => {
    const box = ref.current && ref.current.getBoundingClientRect();
    if (!box) return;
    const columns = width ? Math.max(1, Math.floor((box.width + 12) /
      (width + 12))) : 1;
    const rows = Math.ceil(items.length / columns);
    const first = Math.max(0, Math.floor(-box.top / height) - 3);
    const last = Math.min(rows,
      Math.ceil((innerHeight - box.top) / height) + 3);
    see((was) => was.columns === columns && was.first === first &&
      was.last === last ? was : { columns, first, last });
    if (more && last >= rows - 6) more();
  };
  useLayoutEffect(look, [items, width]);
  useEffect(() => {
    addEventListener('scroll', look, { passive: true });
    addEventListener('resize', look);
    return () => {
      removeEventListener('scroll', look);
      removeEventListener('resize', look);
    };
  });
  const { columns, first, last } = seen;
  const rows = Math.ceil(items.length / columns);
  const shown = items.slice(first * columns, last * columns);
  return html`<div ref=${ref} class="windowed">
    <div style=${{ height: `${first * height}px` }}></div>
    <ul class="grid" aria-label=${label} onKeyDown=${(e) => arrows(e, columns)}
      style=${{ gridTemplateColumns: `repeat(${columns}, minmax(0, 1fr))`,
        gridAutoRows: `${height}px` }}>${shown.map(draw)}</ul>
    <div style=${{ height: `${Math.max(0, rows - last) * height}px` }}></div>
  </div>`;
}

/** Arrows go from one link of a grid to the next. */
function arrows(e, columns) {
  const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: columns,
    ArrowUp: -columns }[e.key];
  if (!step || e.target.tagName !== 'A') return;
  const all = [...e.currentTarget.querySelectorAll('a.card')];
  const to = all[all.indexOf(e.target) + step];
  if (!to) return;
  e.preventDefault();
  to.focus();
}

/** The heading of a page; it has the focus after a change of page. */
export function Title({ children, text }) {
  const ref = useRef();
  useEffect(() => {
    document.title = `${text} · moniker`;
    if (!document.querySelector('dialog[open]'))
      ref.current.focus({ preventScroll: true });
  }, [text]);
  return html`<h1 ref=${ref} tabindex="-1">${children || text}</h1>`;
}

/** What was done lately, with the way back. */
export function Toasts({ all, drop }) {
  return html`<div class="toasts" role="status" aria-live="polite">${
    all.map((one) => html`<${Toast} key=${one.id} one=${one}
      drop=${() => drop(one.id)}/>`)}</div>`;
}

const TOAST_MS = 30000;

function Toast({ one, drop }) {
  const held = useRef(false);
  const [busy, setBusy] = useState(false);
  useEffect(() => {
    let timer;
    const end = () => {
      if (held.current) timer = setTimeout(end, 2000);
      else drop();
    };
    timer = setTimeout(end, TOAST_MS);
    return () => clearTimeout(timer);
  }, []);
  const hold = (on) => () => { held.current = on; };
  const undo = async () => {
    setBusy(true);
    try {
      await one.undo();
      drop();
      readAgain();
    } catch (e) {
      drop();
      toast(sentence(e));
    }
  };
  return html`<div class="toast" onMouseEnter=${hold(true)}
      onMouseLeave=${hold(false)} onFocusIn=${hold(true)}
      onFocusOut=${hold(false)}>
    <span>${one.text}</span>
    ${one.undo && html`<button disabled=${busy} onClick=${undo}>${
      t('undo')}</button>`}
    <button class="plain" aria-label=${t('close')} onClick=${drop}>✕</button>
  </div>`;
}
