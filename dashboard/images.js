// SPDX-License-Identifier: BSD-2-Clause
// All source images: upload, find, delete and get back.
import { html, useEffect, useRef, useState } from './preact.js';
import { at, call, changed, get, go, may, path, refine, state, toast, upload,
  usePolled, useShared } from './core.js';
import { refusal } from './pick.js';
import { bytes, moment, number, t } from './text.js';
import { Choose, Loading, Name, sentence, Thumb, Time, Title, Trouble, useFiles,
  useLatest, useTyped, Windowed } from './ui.js';

const PAGE = 60;
const AT_ONCE = 3;
const images = () => path`/sourceimages/${state.session.organization}`;
const one = (hash) => path`/sourceimages/${state.session.organization}/${hash}`;

//--------------------------------------------------------------------
// Uploads go on when the page is left.

let number_ = 0;

function next() {
  const running = state.uploads.filter((u) => u.part !== undefined).length;
  const waiting = state.uploads.filter((u) => u.state === 'waits');
  for (const u of waiting.slice(0, AT_ONCE - running)) send(u);
}

async function send(u) {
  u.state = 'sends';
  u.part = 0;
  u.abort = new AbortController();
  changed();
  try {
    const image = await upload(u.file, (part) => { u.part = part; changed(); },
      u.abort.signal);
    u.state = 'done';
    u.hash = image.hash;
  } catch (e) {
    u.state = e.name === 'AbortError' ? 'cancelled' : 'failed';
    u.error = sentence(e);
  }
  u.part = undefined;
  changed();
  next();
}

function enqueue(files) {
  const all = files.map((file) => {
    const wrong = refusal(file);
    return { id: ++number_, file, name: file.name,
      state: wrong ? 'failed' : 'waits', error: wrong };
  });
  state.uploads = [...state.uploads.filter((u) => u.state === 'sends' ||
    u.state === 'waits'), ...all];
  changed();
  next();
}

addEventListener('beforeunload', (e) => {
  if (state.uploads.some((u) => u.state === 'sends' || u.state === 'waits'))
    e.preventDefault();
});

function Uploads() {
  const { uploads } = state;
  if (!uploads.length) return null;
  const done = uploads.filter((u) => u.state === 'done').length;
  return html`<section class="uploads" aria-label=${t('uploads')}>
    <p role="status">${t('uploads.of', { done, n: uploads.length })}
      <button class="plain" onClick=${() => { state.uploads =
        uploads.filter((u) => u.part !== undefined); changed(); }}>${
        t('clear')}</button></p>
    <ul>${uploads.map((u) => html`<li key=${u.id}><${Name} of=${u.name}
      length=${30}/> ${u.state === 'sends' ? html`<progress max="1"
        value=${u.part} aria-label=${u.name}></progress> <button class="plain"
        onClick=${() => u.abort.abort()}>${t('cancel')}</button>`
      : u.state === 'done' ? html`✓ <a href=${at('images', u.hash)}>${
        t('see')}</a>`
      : u.state === 'failed' ? html`<span class="trouble">✗ ${u.error}</span>`
      : html`<span class="aside">${t('upload.' + u.state)}</span>`}</li>`)}
    </ul></section>`;
}

//--------------------------------------------------------------------

function Detail({ hash, deleted, gone }) {
  const [image, setImage] = useState(null);
  const [aliases, setAliases] = useState({ items: [] });
  const [error, setError] = useState(null);
  const [asked, ask] = useState(false);
  const latest = useLatest();
  const load = async () => {
    const signal = latest();
    try {
      const { data } = await get(one(hash) + (deleted ? '?deleted=true' : ''),
        { signal });
      const shownBy = await get(one(hash) + '/aliases?limit=7', { signal });
      setImage(data);
      setAliases(shownBy.data);
    } catch (e) { if (e.name !== 'AbortError') setError(e); }
  };
  useEffect(() => { setImage(null); setError(null); ask(false); load(); },
    [hash, deleted]);
  const remove = async () => {
    try {
      await call('DELETE', one(hash));
      toast(t('image.deleted', { name: image.name }), async () => {
        await call('POST', one(hash) + '/restore');
        gone();
      });
      gone();
      go('images');
    } catch (e) { setError(e); }
  };
  const restore = async () => {
    try {
      await call('POST', one(hash) + '/restore');
      toast(t('image.restored', { name: image.name }));
      gone();
      go('images', hash);
    } catch (e) { setError(e); }
  };
  const names = aliases.items.slice(0, 6);
  return html`<aside class="detail" aria-label=${t('image')}>
    <p class="crumb"><a href=${at('images', '', deleted ? { deleted: '1' }
      : {})}>✕ ${t('close')}</a></p>
    <${Trouble} of=${error}/>
    ${!image && !error && html`<${Loading}/>`}
    ${image && html`<div class="stage"><${Thumb} hash=${hash} size=${640}
      alt=${image.name}/></div>
    <h2><${Name} of=${image.name} length=${48}/></h2>
    <dl><dt>${t('size')}</dt><dd>${image.width} × ${image.height}, ${
        bytes(image.size)}, ${image.format}</dd>
      <dt>${t('created')}</dt><dd><time datetime=${image.created}>${
        moment(new Date(image.created))}</time></dd>
      <dt>${t('hash')}</dt><dd><code>${hash}</code></dd>
      ${image.protected && html`<dt>${t('protected')}</dt><dd>${
        t('protected.text')}</dd>`}
      ${image.locked && html`<dt>${t('locked')}</dt><dd>${
        t('locked.text')}</dd>`}
      <dt>${t('aliases.here')}</dt><dd>${names.length ? names.map((a, i) =>
        html`${i ? ', ' : ''}<a href=${at('alias', a.alias)}>${a.alias}</a>`)
        : t('none')}${aliases.items.length > 6 ? ' …' : ''}</dd></dl>
    <p class="actions">
      ${deleted ? may('sourceimages:write') && html`<button class="primary"
        onClick=${restore}>${t('restore')}</button>`
      : html`<a class="button" href=${one(hash) + '/download'} download>${
          t('download')}</a>
        ${may('sourceimages:write') && !image.locked && html`<button
          class="danger" onClick=${() => names.length && !asked ? ask(true)
            : remove()}>${t('delete')}</button>`}`}</p>
    ${asked && html`<div class="trouble" role="alert"><p>${t('image.shown', {
      n: aliases.items.length, names: names.map((a) => a.alias).join(', ') })}
      </p><p class="actions"><button onClick=${() => go('alias',
        names[0].alias)}>${t('image.elsewhere')}</button>
      <button class="danger" onClick=${remove}>${t('image.all_the_same')}
      </button></p></div>`}`}</aside>`;
}

export default function Images({ thing: hash, query }) {
  useShared();
  const name = query.name || '';
  const deleted = query.deleted === '1';
  const [data, setData] = useState(null);
  const [error, setError] = useState(null);
  const busy = useRef(false);
  const latest = useLatest();
  const writes = may('upload');
  const done = state.uploads.filter((u) => u.state === 'done').length;
  const url = (offset) => {
    const q = new URLSearchParams({ limit: PAGE, sort: 'created desc' });
    if (name) q.set('name', name + '*');
    if (deleted) q.set('deleted', 'true');
    if (offset) q.set('offset', offset);
    return images() + '?' + q;
  };
  const wanted = `${deleted} ${name}`;
  const first = async () => {
    try {
      const { data: d } = await get(url(''), { signal: latest() });
      setData((old) => old && old.of === wanted && old.items.length > PAGE &&
        d.items[0] && old.items[0].hash === d.items[0].hash ? old
        : { ...d, of: wanted });
      setError(null);
    } catch (e) {
      if (e.name !== 'AbortError') { setError(e); throw e; }
    }
  };
  usePolled(first, [name, deleted, done]);
  const more = async () => {
    if (busy.current || !data || data.of !== wanted || !data.cursor ||
        data.items.length >= data.total) return;
    busy.current = true;
    try {
      const { data: d } = await get(url(data.cursor));
      setData((now) => now !== data ? now
        : { ...d, of: wanted, items: [...data.items, ...d.items] });
    } catch (e) { setError(e); }
    busy.current = false;
  };
  const filter = (change) => {
    refine('images', '', { name, deleted: deleted ? '1' : '', ...change });
    dispatchEvent(new HashChangeEvent('hashchange'));
  };
  const [typed, setTyped] = useTyped(name, (text) => filter({ name: text }));
  const over = useFiles(writes ? enqueue : null, [writes]);
  const none = data && !data.items.length;
  const reload = () => first().catch(() => {});
  return html`<div class="head"><${Title} text=${t('page.images')}>${
      t('page.images')} ${data && html`<span class="count">${
      number(data.total)}</span>`}<//>
      ${writes && html`<${Choose} many primary take=${enqueue}
        label=${t('upload')}/>`}</div>
    <div class="filters">
      <label>${t('images.name')} <input type="search" value=${typed}
        onInput=${(e) => setTyped(e.target.value)}/></label>
      <span role="group" aria-label=${t('view')}>
        <button aria-pressed=${!deleted} onClick=${() =>
          filter({ deleted: '' })}>${t('images.here')}</button>
        <button aria-pressed=${deleted} onClick=${() =>
          filter({ deleted: '1' })}>${t('images.deleted')}</button></span>
    </div>
    <${Uploads}/>
    <${Trouble} of=${error} again=${reload}/>
    ${!data && !error && html`<${Loading}/>`}
    <div class=${'with-detail' + (over ? ' over' : '')}>
      <div>${none && html`<p class="empty">${name ? html`${t('no_hit',
        { begins: name })} <button onClick=${() => setTyped('')}>${
        t('clear')}</button>` : t(deleted ? 'images.none_deleted'
        : 'images.none')}</p>`}
      ${data && !none && html`<${Windowed} items=${data.items} width=${170}
        height=${212} more=${more} label=${t('page.images')}
        draw=${(i) => html`<li key=${i.hash}><a class=${'card' + (i.hash ===
          hash ? ' current' : '')} href=${at('images', i.hash, { name,
          deleted: deleted ? '1' : '' })}><${Thumb} hash=${i.hash}/>
        <b><${Name} of=${i.name} length=${22}/></b><span class="aside">${
          i.width} × ${i.height} · <${Time} at=${i.created}/></span></a>
        </li>`}/>
      ${data.items.length < data.total && html`<p><button onClick=${more}>${
        t('more')}</button></p>`}`}</div>
      ${hash && html`<${Detail} hash=${hash} deleted=${deleted}
        gone=${reload}/>`}</div>`;
}
