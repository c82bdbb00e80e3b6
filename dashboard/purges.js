// SPDX-License-Identifier: BSD-2-Clause
// What was purged, and which Varnish has acknowledged it.
import { html, useState } from './preact.js';
import { get, path, state, usePolled } from './core.js';
import { clock, milliseconds, moment, t } from './text.js';
import { Loading, Mark, Name, Title, Trouble } from './ui.js';

const LOOKED_AT = 20;		// of which the targets are asked for

async function read() {
  const base = path`/purges/${state.session.organization}`;
  const [list, quota] = await Promise.all([get(base + '?limit=50'),
    get(base + '/quota')]);
  const items = await Promise.all(list.data.items.map(async (p, i) =>
    i < LOOKED_AT ? (await get(`${base}/${p.id}`)).data : p));
  return { items, quota: quota.data.quota };
}

const Target = ({ of }) => html`<${Mark} kind=${of.state === 'acknowledged'
  ? 'good' : 'wait'}><${Name} of=${of.name} length=${20}/> ${of.took_ms !==
  undefined ? milliseconds(of.took_ms) : of.state === 'pending' ? of.error ||
  t('target.pending') : ''}<//>`;

export default function Purges() {
  const [data, setData] = useState(null);
  const [error, setError] = useState(null);
  const load = async () => {
    try {
      setData(await read());
      setError(null);
    } catch (e) { setError(e); throw e; }
  };
  usePolled(load, []);
  return html`<div class="head"><${Title} text=${t('page.purges')}/></div>
    <${Trouble} of=${error} again=${() => load().catch(() => {})}/>
    ${!data && !error && html`<${Loading}/>`}
    ${data && html`<div class="meters">${Object.entries(data.quota).map(
      ([kind, q]) => html`<span key=${kind}><b>${t('quota.' + kind)}</b> ${
      q.limit ? html`<meter max=${q.limit} value=${q.remaining}
        aria-label=${t('quota.' + kind)}></meter> ${t('purges.hour',
        { left: q.remaining, limit: q.limit })}${q.retry_after ? ', ' +
        t('purges.next', { time: clock(new Date(q.retry_after)) }) : ''}`
      : t('purges.unlimited')}</span>`)}</div>
    ${!data.items.length ? html`<p class="empty">${t('purges.none')}</p>`
    : html`<div class="scroll" tabindex="0" role="region"
      aria-label=${t('page.purges')}><table><tbody>${data.items.map((p) =>
      html`<tr key=${p.id}><td><time datetime=${p.created}>${
        moment(new Date(p.created))}</time></td>
      <td>${t('quota.' + p.kind)}: <b><${Name} of=${p.key}/></b>${p.counted
        ? '' : html` <span class="aside">${t('purge.uncounted')}</span>`}</td>
      <td>${(p.targets || []).map((one) => html`<${Target} key=${one.name}
        of=${one}/> `)}${!p.targets && html`<${Mark} kind=${p.pending ? 'wait'
        : 'good'}>${p.pending}<//>`}</td></tr>`)}</tbody></table></div>`}`}`;
}
