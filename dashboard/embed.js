// SPDX-License-Identifier: BSD-2-Clause
// What to paste where, for an alias: tried before it is copied.
import { html, useEffect, useState } from './preact.js';
import { get, may, path, state } from './core.js';
import { aliasUrl, ctl, KINDS, mail, MAIL_FORMATS } from './snippets.js';
import { t } from './text.js';
import { Copy } from './ui.js';

const FORMATS = ['jpg', 'png', 'webp', 'avif', 'gif'];

/** A snippet that answers an error must not get into 4000 mails. */
async function tried(url) {
  let answer;
  try {
    answer = await fetch(url, { credentials: 'omit' });
    await answer.arrayBuffer();
  } catch { return; }	// not to be seen from here; that is said elsewhere
  if (!answer.ok) throw new Error(t('embed.refused', {
    status: String(answer.status),
    why: answer.headers.get('X-Moniker-Error') || '' }));
}

/**
 * @param {{alias: string, image: object|null, wish: object,
 *   setWish: (w: object) => void, last: string}} p  last: stack used before
 */
export function Embed({ alias, image, wish, setWish, last }) {
  const [stacks, setStacks] = useState(null);
  const [kind, setKind] = useState('web');
  useEffect(() => {
    const use = (names) => {
      setStacks(names);
      setWish({ ...wish, stack: names.includes(last) || !names.length && last
        ? last : names[0] || 'dynamic' });
    };
    if (!may('read')) { use([]); return; }
    get(path`/stacks/${state.session.organization}` + '?limit=1000').then(
      ({ data }) => use(data.items.map((s) => s.name)), () => use([]));
  }, [alias]);
  if (!stacks) return null;
  const width = wish.width || undefined;
  const w = { ...wish, alias, host: state.session.render_host, width,
    height: width && image && image.width ? Math.round(width * image.height /
      image.width) : undefined };
  const text = kind === 'ctl' ? ctl(state.session.organization, alias,
    image ? image.hash : '') : KINDS[kind](w);
  const change = (name) => (e) => setWish({ ...wish, [name]: e.target.value });
  return html`<section class="embed"><h2>${t('embed')}</h2>
    <div class="filters">
      <label>${t('embed.for')} <select value=${kind}
        onChange=${(e) => setKind(e.target.value)}>${[...Object.keys(KINDS),
        'ctl'].map((k) => html`<option value=${k}>${t('embed.' + k)}
        </option>`)}</select></label>
      <label>${t('stack')} ${stacks.length ? html`<select value=${wish.stack}
        onChange=${change('stack')}>${stacks.map((s) => html`<option value=${s}>
        ${s}</option>`)}</select>` : html`<input value=${wish.stack}
        onChange=${change('stack')}/>`}</label>
      <label>${t('format')} <select value=${wish.format}
        onChange=${change('format')}>${(kind === 'mail' ? MAIL_FORMATS
        : FORMATS).map((f) => html`<option value=${f}>${f}</option>`)}</select>
      </label>
      <label>${t('width')} <input type="number" min="1" max="10000" size="6"
        value=${wish.width || ''} onInput=${(e) => setWish({ ...wish,
          width: Number(e.target.value) || 0 })}/></label>
      <label>${t('alt')} <input value=${wish.alt || ''}
        onInput=${change('alt')}/></label>
    </div>
    <pre class="snippet" tabindex="0" aria-label=${t('embed')}>${text}</pre>
    <p class="actions"><${Copy} text=${text} before=${kind === 'ctl' ? null
      : () => tried(kind === 'mail' ? mail(w).match(/src="([^"]*)"/)[1]
        : aliasUrl(w))}/></p></section>`;
}
