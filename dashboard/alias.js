// SPDX-License-Identifier: BSD-2-Clause
// One alias: what it shows, another picture for it, and what became of that.
import { html, useEffect, useRef, useState } from './preact.js';
import { ApiError, at, call, get, go, may, NoAnswer, path, set, setting, state,
  toast, usePolled } from './core.js';
import { Embed } from './embed.js';
import { LivePanel, readTargets } from './live.js';
import { Compare, ofFile, ofImage, Picker, refusal } from './pick.js';
import { bytes, moment, t } from './text.js';
import { Choose, Dialog, Loading, Name, sentence, Thumb, Time, Title, Trouble,
  useFiles } from './ui.js';

const organization = () => state.session.organization;
const aliasPath = (name) => path`/sourceimages/${organization()}/alias/${name}`;

/** An image by its hash, also a deleted one; null if it is gone. */
async function readImage(hash) {
  try {
    return (await get(path`/sourceimages/${organization()}/${hash}` +
      '?deleted=any')).data;
  } catch (e) {
    if (e instanceof ApiError && e.status === 404) return null;
    throw e;
  }
}

/** What is known of an image whose row has been removed. */
const nameless = (hash) => ({ hash, name: hash.slice(0, 8), size: 0,
  gone: true });

async function readAlias(name) {
  const [one, past] = await Promise.all([get(aliasPath(name)).catch((e) => {
    if (e instanceof ApiError && e.status === 404) return null;
    throw e;
  }), get(aliasPath(name) + '/history?limit=20')]);
  const hashes = new Set(past.data.items.map((h) => h.hash));
  if (one) hashes.add(one.data.hash);
  const images = Object.fromEntries(await Promise.all([...hashes].map(
    async (hash) => [hash, await readImage(hash) || nameless(hash)])));
  return { etag: one && one.etag, alias: one && one.data,
    image: one && images[one.data.hash],
    history: past.data.items.map((h) => ({ ...images[h.hash], ...h })) };
}

/**
 * Points the alias at *hash*, unless somebody else has changed it since.
 * @returns {Promise<{etag: string, ms: number}>}
 */
async function point(name, hash, etag) {
  const headers = etag ? { 'If-Match': etag } : { 'If-None-Match': '*' };
  return call('PUT', aliasPath(name), { json: { hash }, headers });
}

//--------------------------------------------------------------------

/** Somebody else was quicker: was, theirs, yours. */
function Conflict({ was, theirs, yours, keep, mine }) {
  const side = (title, image) => html`<figure><figcaption>${title
    }</figcaption><div class="ground light">${image.url ? html`<img
    src=${image.url} alt=""/>` : html`<${Thumb} hash=${image.hash}/>`}</div>
    <p class="aside"><${Name} of=${image.name} length=${30}/></p></figure>`;
  return html`<${Dialog} wide title=${t('conflict.title')} close=${keep}>
    <p>${t('conflict.text')}</p>
    <div class="sides">${side(t('conflict.was'), was)}${
      side(t('conflict.theirs'), theirs)}${side(t('conflict.yours'), yours)}
    </div>
    <p class="actions end"><button data-first onClick=${keep}>${
      t('conflict.keep')}</button><button class="primary" onClick=${mine}>${
      t('conflict.mine')}</button></p><//>`;
}

function History({ data, use }) {
  if (!data.history.length) return html`<p class="aside">${t('history.none')}
    </p>`;
  return html`<ol class="history">
    ${data.image && html`<li><${Thumb} hash=${data.image.hash} size=${160}/>
      <span><b><${Name} of=${data.image.name}/></b><br/><span class="aside">${
      t('history.now')} <${Time} at=${data.alias.updated}/></span></span></li>`}
    ${data.history.map((h, i) => html`<li key=${i}>${h.gone
      ? html`<span class="thumb"><span class="none">${t('gone')}</span></span>`
      : html`<${Thumb} hash=${h.hash} size=${160}/>`}
      <span><b><${Name} of=${h.name}/></b><br/><span class="aside"><time
        datetime=${h.from}>${moment(new Date(h.from))}</time> – <time
        datetime=${h.to}>${moment(new Date(h.to))}</time>${h.deleted
        ? ' · ' + t('deleted') : ''}</span></span>
      ${may('sourceimages:write') && !h.gone && html`<button
        aria-label=${t(h.deleted ? 'restore_use.name' : 'use_again.name',
          { name: h.name })}
        onClick=${() => use(h)}>${t(h.deleted ? 'restore_use' : 'use_again')}
        </button>`}</li>`)}</ol>`;
}

/** @param {{thing: string, query: object}} p  thing: the alias */
export default function Alias({ thing: name, query }) {
  const [data, setData] = useState(null);
  const [error, setError] = useState(null);
  const [now, setNow] = useState(null);
  const [picking, setPicking] = useState(false);
  const [conflict, setConflict] = useState(null);
  const [change, setChange] = useState(null);
  const [targets, setTargets] = useState([]);
  const [quota, setQuota] = useState(null);
  const [wish, setWish] = useState({ stack: '', format: 'jpg' });
  const known = useRef(null);
  const loads = useRef({ asked: 0, least: 0 });
  const left = useRef(false);
  const urls = useRef([]);
  const writes = may('sourceimages:write');

  // What an older request brings says nothing of what was changed since, and
  // one that is under way keeps no other from being shown.
  const load = async () => {
    const mine = ++loads.current.asked;
    const next = await readAlias(name);
    if (mine < loads.current.least) return next;
    loads.current.least = mine;
    known.current = next;
    setData(next);
    setError(null);
    return next;
  };
  const around = async () => {
    setTargets(await readTargets());
    setQuota((await get(path`/purges/${organization()}/quota`)).data.quota
      .alias);
  };
  const poll = async () => {
    try {
      await Promise.all([load(), around()]);
    } catch (e) {
      setError(e);
      throw e;
    }
  };
  usePolled(poll, [name]);

  /** Made true: tells of it, and how to go back. */
  const settled = async (candidate, before, answer) => {
    loads.current.least = loads.current.asked + 1;
    setNow(null);
    setConflict(null);
    const { hash } = candidate;
    const was = before.alias ? before.alias.hash : '';
    const made = { at: Date.now(), ms: answer.ms, was, hash,
      after: { etag: answer.etag, alias: { hash }, image: candidate } };
    const next = await load().catch((e) => { setError(e); return {}; });
    setChange(made);
    await around().catch(() => {});
    const { name: shown } = next.image || candidate;
    toast(t('replaced', { alias: name, name: shown }),
      was ? () => back(made) : undefined);
  };
  /** Somebody has changed it since *before* was seen. */
  const disputed = async (candidate, before) => {
    const theirs = await load();
    setConflict({ was: before.image || nameless(candidate.hash), theirs:
      theirs.image || nameless(candidate.hash), yours: candidate, seen: theirs });
    setNow(null);
  };
  /**
   * Points the alias at *candidate*.
   * @param {{etag: string|null, alias: object|null, image: object|null}} before
   *   what somebody saw who wanted it; if it is another by now, they are asked
   */
  const apply = async (candidate, before) => {
    const { hash } = candidate;
    if (known.current && known.current.alias &&
        known.current.alias.hash === hash) {
      setNow(null);
      toast(t('same', { alias: name }));
      return;
    }
    try {
      await settled(candidate, before, await point(name, hash, before.etag));
    } catch (e) {
      if (e instanceof ApiError && e.status === 412 && !left.current)
        await disputed(candidate, before);
      else if (e instanceof NoAnswer) {
        // Not repeated: looked at, as soon as somebody answers.
        load().then((next) => next.alias && next.alias.hash === hash &&
          settled(candidate, before, { ms: 0, etag: next.etag }), () => {});
        throw new Error(t('error.unknown'));
      } else throw e;
    }
  };
  const use = async (image) => {
    try {
      if (image.deleted)
        await call('POST', path`/sourceimages/${organization()}/${
          image.hash}/restore`);
      await apply(image, known.current);
    } catch (e) { toast(sentence(e)); }
  };
  /** Undoes a change, but not what somebody else has made of it. */
  const back = async ({ was: hash, after }) => {
    const image = await readImage(hash);
    if (!image) throw new Error(t('gone.long'));
    if (image.deleted)
      await call('POST', path`/sourceimages/${organization()}/${
        hash}/restore`);
    await apply(image, after);
  };
  const undo = () => back(change).catch((e) => toast(sentence(e)));

  const take = async (files) => {
    const file = files[0];
    const wrong = refusal(file);
    if (wrong) { setError(new Error(wrong)); return; }
    setError(null);
    const candidate = await ofFile(file);
    urls.current.push(candidate.url);
    setNow(candidate);
  };
  // Once somebody else has changed it, the last change here is history.
  const mine = change && data && data.alias && data.alias.hash === change.hash
    ? change : null;
  const over = useFiles(writes && !now && !picking ? take : null,
    [writes, !!now, picking, name]);
  // A file that was dropped on the alias in the list. What is on show may be any
  // of the files that were chosen here, so they stay readable until it is left.
  useEffect(() => {
    const file = state.dropped;
    state.dropped = null;
    if (file) take([file]);
    if (query.image) readImage(query.image).then((i) => i &&
      setNow(ofImage(i)));
    return () => {
      left.current = true;
      urls.current.forEach((url) => URL.revokeObjectURL(url));
    };
  }, [name]);
  useEffect(() => {
    const key = (e) => {
      if (e.key !== 'z' || !(e.ctrlKey || e.metaKey) || e.shiftKey ||
          !mine || !mine.was || now || conflict || /INPUT|TEXTAREA/.test(e.target
          .tagName)) return;
      e.preventDefault();
      undo();
    };
    addEventListener('keydown', key);
    return () => removeEventListener('keydown', key);
  });

  const remove = async () => {
    const { alias, etag } = known.current;
    try {
      await call('DELETE', aliasPath(name), { headers: { 'If-Match': etag } });
      loads.current.least = loads.current.asked + 1;
      setChange(null);
      toast(t('alias.deleted', { alias: name }), async () => {
        await point(name, alias.hash, null);
        go('alias', name);
        await load().catch(() => {});
      });
      go('aliases');
    } catch (e) { setError(e); }
  };

  const head = html`<p class="crumb"><a href=${at('aliases')}>‹ ${
    t('page.aliases')}</a></p>`;
  if (!data) return html`${head}<${Title} text=${name}/>
    <${Trouble} of=${error} again=${poll}/>${!error && html`<${Loading}/>`}`;
  const { alias, image, history } = data;
  return html`${head}
    <div class="head"><${Title} text=${name}><${Name} of=${name}/><//>
      ${writes && alias && html`<details class="menu"><summary
        aria-label=${t('actions')}>⋯</summary><div><button class="danger"
        onClick=${remove}>${t('alias.delete')}</button></div></details>`}</div>
    <${Trouble} of=${error}/>
    ${image && (image.deleted || image.gone) && html`<p class="trouble"
      role="note">${t('alias.broken')}</p>`}
    <div class="two">
      <section aria-label=${t('picture')} class=${over ? 'drop over' : 'drop'}>
        ${image && !image.gone ? html`<div class="stage"><${Thumb}
            hash=${image.hash} size=${640} alt=${image.name}/></div>
          <p><b><${Name} of=${image.name}/></b><br/><span class="aside">${
            image.width} × ${image.height} · ${bytes(image.size)} · ${
            image.format}${image.protected ? ' · ' + t('protected') : ''
            }</span></p>`
          : html`<div class="stage"><span class="none">${alias ? t('gone')
            : t('alias.none', { alias: name })}</span></div>`}
        ${writes && html`<p class="actions">
          <${Choose} primary id="replace" take=${take} label=${t(alias
            ? 'replace.choose' : 'make.choose')}/>
          <button onClick=${() => setPicking(true)}>${t('pick')}</button>
          ${alias && history.length > 0 && !history[0].gone && html`<button
            onClick=${() => use(history[0])}>${t('back')}</button>`}</p>
        <p class="aside">${t('drop.hint')}</p>`}
      </section>
      ${alias && html`<${LivePanel} alias=${name} hash=${alias.hash}
        change=${mine} targets=${targets} history=${history} quota=${quota}
        wish=${{ ...wish, alias: name, host: state.session.render_host }}
        undo=${undo} purged=${(purge) => setChange((last) => ({ ...(last &&
          last.hash === alias.hash ? last : { at: Date.now(), ms: 0, was: '',
          hash: alias.hash }), purge }))}/>`}
    </div>
    ${alias && html`<${Embed} alias=${name} image=${image} wish=${wish}
      setWish=${(w) => { setWish(w); set('stack:' + name, w.stack);
        set('stack', w.stack); }} last=${setting('stack:' + name,
        setting('stack', ''))}/>`}
    <section><h2>${t('history')}</h2><${History} data=${data} use=${use}/>
    </section>
    ${now && html`<${Compare} alias=${name} seen=${data} now=${now}
      replace=${(hash, seen) => apply({ ...now, hash }, seen)}
      close=${() => setNow(null)}/>`}
    ${picking && html`<${Picker} close=${() => setPicking(false)}
      take=${(c) => { setPicking(false); setNow(c); }}/>`}
    ${conflict && html`<${Conflict} ...${conflict}
      keep=${() => setConflict(null)}
      mine=${() => apply(conflict.yours, conflict.seen).catch((e) => {
        setConflict(null); setError(e); })}/>`}`;
}
