// SPDX-License-Identifier: BSD-2-Clause
// A picture for an alias: from a file or from those that are here, looked at
// beside the old one before anything is changed.
import { html, useEffect, useRef, useState } from './preact.js';
import { get, path, state, upload } from './core.js';
import { bytes, number, t } from './text.js';
import { Dialog, Name, Thumb, Trouble, useLatest } from './ui.js';

/**
 * @typedef {object} Candidate
 * @property {File} [file]
 * @property {string} [url]  of the file's bytes, to show them
 * @property {string} [hash]  of an image that is here
 * @property {string} name
 * @property {number} size
 * @property {number} [width]
 * @property {number} [height]
 * @property {boolean} [opaque]
 */

/** What would be refused, before it is sent. */
export function refusal(file) {
  const { upload_max: most, formats } = state.session;
  if (file.size > most)
    return t('file.large', { name: file.name, most: bytes(most) });
  if (file.size === 0) return t('file.empty', { name: file.name });
  const ending = (file.name.match(/\.([a-z0-9]+)$/i) || [])[1];
  const known = [...formats, 'jpeg', 'tif', 'heic'];
  if (file.type && !file.type.startsWith('image/') && ending && formats.length
      && !known.includes(ending.toLowerCase()))
    return t('file.kind', { name: file.name, kinds: formats.join(', ') });
  return null;
}

/** @returns {Promise<Candidate>} with its size, if the browser can read it */
export async function ofFile(file) {
  const c = { file, url: URL.createObjectURL(file), name: file.name ||
    'pasted.png', size: file.size };
  const image = new Image();
  image.src = c.url;
  try {
    await image.decode();
    c.width = image.naturalWidth;
    c.height = image.naturalHeight;
  } catch { c.unread = true; }
  return c;
}

/** @returns {Candidate} */
export const ofImage = (image) => ({ hash: image.hash, name: image.name,
  size: image.size, width: image.width, height: image.height,
  opaque: image.opaque });

/** What somebody would notice who sees one in place of the other. */
export function differences(old, now, wanted) {
  const list = [];
  if (!old || !now.width || !old.width) return list;
  const shape = (i) => i.width / i.height;
  if (Math.abs(shape(old) / shape(now) - 1) > 0.02)
    list.push(t('differs.shape', { now: ratio(now), old: ratio(old) }));
  if (now.width < Math.min(old.width, wanted || old.width))
    list.push(t('differs.small', { now: now.width, old: old.width }));
  if (old.opaque === false && (now.opaque === true ||
      /\.jpe?g$/i.test(now.name)))
    list.push(t('differs.opaque'));
  return list;
}

/** "16:9", or with one digit behind the point where there is no such word. */
export function ratio({ width, height }) {
  for (let d = 1; d <= 10; d++) {
    const n = width / height * d;
    if (Math.abs(n - Math.round(n)) < 0.01 * d && n >= 1)
      return `${Math.round(n)}:${d}`;
  }
  return `${number(width / height, { maximumFractionDigits: 2 })}:1`;
}

const Facts = ({ of }) => html`<p class="aside"><${Name} of=${of.name}
  length=${36}/><br/>${of.width ? `${of.width} × ${of.height}, ` : ''}${
  bytes(of.size)}</p>`;

const Side = ({ title, of, children }) => html`<figure><figcaption>${title
  }</figcaption><div class="grounds">${['light', 'dark'].map((ground) => html`
  <div class=${'ground ' + ground}>${of.url && !of.unread ? html`<img
    src=${of.url} alt=""/>` : of.hash ? html`<${Thumb} hash=${of.hash}
    size=${640}/>` : html`<span class="none">${t('no_preview')}</span>`}
  </div>`)}</div><${Facts} of=${of}/>${children}</figure>`;

/**
 * Old and new side by side; *replace* makes it true and says how far it is. What
 * the alias showed when this was opened is what somebody agrees to replace: it
 * stays, whatever is read from the server meanwhile.
 * @param {{alias: string, seen: {alias: object|null, image: object|null},
 *   now: Candidate, replace: (hash: string, seen: object) => Promise<void>,
 *   close: () => void}} p
 */
export function Compare({ alias, seen, now, replace, close }) {
  const [base] = useState(seen);
  const old = base.alias ? base.image : null;
  const [part, setPart] = useState(null);
  const [error, setError] = useState(null);
  const abort = useRef(new AbortController());
  const sent = useRef(now.hash || null);
  const go = async () => {
    setError(null);
    setPart(0);
    try {
      // If the second step fails, the first is not done again.
      if (!sent.current)
        sent.current = (await upload(now.file, setPart,
          abort.current.signal)).hash;
      setPart(1);
      await replace(sent.current, base);
    } catch (e) {
      if (e.name === 'AbortError') { close(); return; }
      setError(e);
      setPart(null);
    }
  };
  const cancel = () => {
    if (part !== null && part < 1) abort.current.abort();
    else if (part === null) close();
  };
  const notes = differences(old, now);
  return html`<${Dialog} wide title=${old ? t('compare.title', { alias })
      : t('compare.new', { alias })} close=${cancel}>
    <div class="sides">
      ${old && html`<${Side} title=${t('compare.old')} of=${old}/>`}
      <${Side} title=${t('compare.now')} of=${now}/>
    </div>
    ${notes.length > 0 && html`<ul class="notes">${notes.map((note) =>
      html`<li>⚠ ${note}</li>`)}</ul>`}
    <${Trouble} of=${error}/>
    ${part !== null && html`<p role="status"><progress max="1" value=${part}
      aria-label=${t('upload.progress')}></progress> ${part < 1
      ? t('upload.part', { part: number(part, { style: 'percent' }) })
      : t('saving')}</p>`}
    <p class="actions end">
      <button onClick=${cancel}>${t('cancel')}</button>
      <button class="primary" data-first disabled=${part !== null}
        onClick=${go}>${t(old ? 'replace' : 'make')}</button>
    </p><//>`;
}

/** Those that are here, to take one. */
export function Picker({ take, close }) {
  const [name, setName] = useState('');
  const [list, setList] = useState({ items: [], cursor: null });
  const [error, setError] = useState(null);
  const latest = useLatest();
  const read = async (more) => {
    try {
      const query = new URLSearchParams({ limit: 60, sort: 'created desc' });
      if (name) query.set('name', name + '*');
      if (more) query.set('offset', list.cursor);
      const { data } = await get(path`/sourceimages/${
        state.session.organization}` + '?' + query, { signal: latest() });
      setList({ items: more ? [...list.items, ...data.items] : data.items,
        cursor: data.items.length < 60 ? null : data.cursor });
      setError(null);
    } catch (e) { if (e.name !== 'AbortError') setError(e); }
  };
  useEffect(() => {
    const timer = setTimeout(() => read(false), name ? 150 : 0);
    return () => clearTimeout(timer);
  }, [name]);
  return html`<${Dialog} wide title=${t('pick.title')} close=${close}>
    <label>${t('images.name')} <input data-first type="search" value=${name}
      onInput=${(e) => setName(e.target.value)}/></label>
    <${Trouble} of=${error}/>
    <ul class="grid picks">${list.items.map((image) => html`<li
      key=${image.hash}><button class="card" onClick=${() => take(
        ofImage(image))}><${Thumb} hash=${image.hash} size=${160}/><b><${Name}
        of=${image.name} length=${18}/></b></button></li>`)}</ul>
    <p class="actions end">${list.cursor && html`<button onClick=${() =>
      read(true)}>${t('more')}</button>`}
      <button onClick=${close}>${t('cancel')}</button></p><//>`;
}
