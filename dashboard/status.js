// SPDX-License-Identifier: BSD-2-Clause
// The Varnishes that hear of purges, and how they are.
import { html, useState } from './preact.js';
import { usePolled } from './core.js';
import { readTargets } from './live.js';
import { t } from './text.js';
import { Loading, Mark, Name, Time, Title, Trouble } from './ui.js';

export default function Status() {
  const [targets, setTargets] = useState(null);
  const [error, setError] = useState(null);
  const load = async () => {
    try {
      // What is amiss comes first.
      setTargets((await readTargets()).sort((a, b) => a.connected -
        b.connected));
      setError(null);
    } catch (e) { setError(e); throw e; }
  };
  usePolled(load, [], 2000);
  const away = targets ? targets.filter((one) => !one.connected).length : 0;
  return html`<div class="head"><${Title} text=${t('page.status')}/></div>
    <${Trouble} of=${error} again=${() => load().catch(() => {})}/>
    ${!targets && !error && html`<${Loading}/>`}
    ${targets && !targets.length && html`<p class="empty">${
      t('status.none')}</p>`}
    ${targets && targets.length > 0 && html`<p role="status"><${Mark}
      kind=${away ? 'wait' : 'good'}><b>${away ? t('status.issue', { n: away })
      : t('status.all_well')}</b><//></p>
    <div class="scroll" tabindex="0" role="region"
      aria-label=${t('page.status')}><table><thead><tr>${['name', 'state',
      'since', 'owed', 'way'].map((c) => html`<th scope="col">${t('status.' + c)
      }</th>`)}</tr></thead><tbody>${targets.map((one) => html`<tr
      key=${one.name}><th scope="row"><${Name} of=${one.name}/></th>
      <td><${Mark} kind=${one.connected ? 'good' : 'wait'}>${one.connected
        ? t('status.connected') : one.error || t('target.no_reason')}<//></td>
      <td><${Time} at=${one.since}/></td>
      <td>${one.pending} ${one.oldest && html`(<${Time} at=${one.oldest}/>)`}
        </td>
      <td>${one.way}, ${t(one.map ? 'status.map' : 'status.map_no')}</td>
      </tr>`)}</tbody></table></div>`}`;
}
