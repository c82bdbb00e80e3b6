// SPDX-License-Identifier: BSD-2-Clause
// All aliases: a grid of what they show. A file that is dropped on one goes to
// its page, where old and new are compared.
import { html, useEffect, useRef, useState } from './preact.js';
import { at, get, go, may, path, refine, set, setting, state, usePolled }
  from './core.js';
import { number, t } from './text.js';
import { dropped, Loading, Name, Thumb, Time, Title, Trouble, useTyped,
  Windowed } from './ui.js';

const PAGE = 100;
const MOST = 5000;		// in memory; then "go on from here"
const NAME = /^[A-Za-z0-9_]{1,255}$/;

// Kept for Back: the place is found again.
let kept = null;

function Card({ one, open }) {
  const [over, setOver] = useState(false);
  const { image } = one;
  const broken = !image || image.deleted;
  const hold = (e, on) => {
    if (!may('sourceimages:write') ||
        ![...e.dataTransfer.types].includes('Files')) return;
    e.preventDefault();
    setOver(on);
  };
  const drop = async (e) => {
    if (!may('sourceimages:write')) return;
    e.preventDefault();
    setOver(false);
    [state.dropped] = await dropped(e.dataTransfer);
    open(one.alias);
  };
  return html`<li><a class=${'card' + (over ? ' over' : '')}
      href=${at('alias', one.alias)} id=${'alias-' + one.alias}
      onDragOver=${(e) => hold(e, true)} onDragLeave=${() => setOver(false)}
      onDrop=${drop}>
    ${image ? html`<${Thumb} hash=${one.hash}/>` : html`<span class="thumb">
      <span class="none">${t('gone')}</span></span>`}
    <b><${Name} of=${one.alias} length=${26}/></b>
    <span class="aside">${broken ? html`<span class="warn">⚠ ${
      t('alias.404')}</span>` : html`${image.format} ${image.width} × ${
      image.height}${image.protected ? ' 🔒' : ''}`}</span>
    <span class="aside"><${Time} at=${one.updated}/></span></a></li>`;
}

function NewAlias() {
  const [open, setOpen] = useState(false);
  const [name, setName] = useState('');
  const good = NAME.test(name);
  if (!open) return html`<button class="primary"
    onClick=${() => setOpen(true)}>${t('alias.new')}</button>`;
  return html`<form class="inline" onSubmit=${(e) => {
      e.preventDefault(); if (good) go('alias', name); }}>
    <label>${t('alias.name')} <input value=${name} maxlength="255" required
      autocapitalize="none" spellcheck="false" aria-describedby="name-rule"
      ref=${(el) => el && !name && el.focus()}
      onInput=${(e) => setName(e.target.value.replace(/[ -]/g, '_'))}/></label>
    <button class="primary" disabled=${!good}>${t('next')}</button>
    <button type="button" onClick=${() => setOpen(false)}>${t('cancel')}
      </button>
    <span id="name-rule" class=${name && !good ? 'trouble' : 'aside'}>${
      t('alias.rule')}</span></form>`;
}

export default function Aliases({ query }) {
  const begins = query.begins || '';
  const sort = query.sort || setting('sort', '-updated');
  const list = setting('list', false);
  const [wide, setWide] = useState(!list);
  const [data, setData] = useState(kept && kept.begins === begins &&
    kept.sort === sort ? kept : null);
  const [error, setError] = useState(null);
  const [typed, setTyped] = useTyped(begins, (text) => {
    refine('aliases', '', { begins: text });
    dispatchEvent(new HashChangeEvent('hashchange'));
  });
  const busy = useRef(null);

  const url = (offset, limit) => {
    const q = new URLSearchParams({ limit, expand: 'image' });
    if (begins) q.set('prefix', begins);
    else if (sort === '-updated') q.set('sort', sort);
    if (offset) q.set('offset', offset);
    return path`/sourceimages/${state.session.organization}/alias` + '?' + q;
  };
  const take = (items, more, total) => {
    kept = { begins, sort, items, cursor: more, total, at: Date.now() };
    setData(kept);
    setError(null);
  };
  const first = async () => {
    if (busy.current) busy.current.abort();
    const mine = busy.current = new AbortController();
    try {
      const { data: d } = await get(url('', PAGE), { signal: mine.signal });
      // What was loaded further down stays, unless it is the same now.
      const old = kept && kept.begins === begins && kept.sort === sort
        ? kept : null;
      const names = new Set(d.items.map((i) => i.alias));
      const rest = old && old.items.length > d.items.length
        ? old.items.slice(PAGE).filter((i) => !names.has(i.alias)) : [];
      take([...d.items, ...rest], rest.length ? old.cursor : d.cursor, d.total);
    } catch (e) {
      if (e.name !== 'AbortError') { setError(e); throw e; }
    } finally {
      if (busy.current === mine) busy.current = null;
    }
  };
  usePolled(first, [begins, sort]);
  const more = async () => {
    if (busy.current || !data || data.begins !== begins || data.sort !== sort ||
        !data.cursor || data.items.length >= MOST) return;
    const mine = busy.current = new AbortController();
    try {
      const { data: d } = await get(url(data.cursor, PAGE),
        { signal: mine.signal });
      take([...data.items, ...d.items], d.cursor, data.total);
    } catch (e) {
      if (e.name !== 'AbortError') setError(e);
    } finally {
      if (busy.current === mine) busy.current = null;
    }
  };
  // Back leads to the alias that was left.
  useEffect(() => {
    const place = kept && kept.place;
    if (!data || !place) return;
    kept.place = null;
    scrollTo(0, place.y);
    requestAnimationFrame(() => {
      const card = document.getElementById('alias-' + place.alias);
      if (card) card.focus({ preventScroll: true });
    });
  }, [!!data]);
  const open = (alias) => {
    if (kept) kept.place = { alias, y: scrollY };
    go('alias', alias);
  };

  const writes = may('sourceimages:write');
  const none = data && !data.items.length;
  return html`<div class="head" onClickCapture=${() => {}}>
      <${Title} text=${t('page.aliases')}>${t('page.aliases')} ${data &&
        data.total !== undefined && html`<span class="count">${
        number(data.total)}</span>`}<//>
      ${writes && html`<${NewAlias}/>`}</div>
    <div class="filters">
      <label>${t('begins')} <input type="search" value=${typed}
        spellcheck="false" onInput=${(e) => setTyped(e.target.value)}/></label>
      <label>${t('sort')} <select value=${begins ? 'name' : sort}
        disabled=${!!begins} onChange=${(e) => { set('sort', e.target.value);
          refine('aliases', '', { sort: e.target.value });
          dispatchEvent(new HashChangeEvent('hashchange')); }}>
        <option value="-updated">${t('sort.updated')}</option>
        <option value="name">${t('sort.name')}</option></select></label>
      <span role="group" aria-label=${t('view')}>
        <button aria-pressed=${wide} onClick=${() => { set('list', false);
          setWide(true); }}>${t('view.grid')}</button>
        <button aria-pressed=${!wide} onClick=${() => { set('list', true);
          setWide(false); }}>${t('view.list')}</button></span>
    </div>
    <${Trouble} of=${error} again=${() => first().catch(() => {})}/>
    ${!data && !error && html`<${Loading}/>`}
    ${none && (begins ? html`<p class="empty">${t('no_hit', { begins })}
        <button onClick=${() => setTyped('')}>${t('clear')}</button></p>`
      : html`<p class="empty">${t('aliases.none')}</p>`)}
    ${data && !none && html`<div class=${wide ? '' : 'rows'}
        onClickCapture=${(e) => {
          const a = e.target.closest && e.target.closest('a.card');
          if (a && kept) kept.place = { alias: a.id.slice(6), y: scrollY };
        }}><${Windowed} items=${data.items}
        width=${wide ? 210 : 0} height=${wide ? 252 : 72} more=${more}
        label=${t('page.aliases')} draw=${(one) => html`<${Card}
          key=${one.alias} one=${one} open=${open}/>`}/></div>
      ${data.cursor && (data.items.length < MOST ? html`<p><button
        onClick=${more}>${t('more')}</button></p>` : html`<p class="empty">${
        t('aliases.far', { n: MOST })}</p>`)}`}`;
}
