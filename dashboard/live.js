// SPDX-License-Identifier: BSD-2-Clause
// What is known of a change: saved, seen by each Varnish, seen by this browser,
// and what other browsers may still show. Facts with times, no promise.
import { html, useEffect, useRef, useState } from './preact.js';
import { call, get, may, path, state, toast } from './core.js';
import { aliasUrl } from './snippets.js';
import { ago, clock, milliseconds, t } from './text.js';
import { Mark, Name, sentence } from './ui.js';

/**
 * @typedef {object} Change  that was made from this page
 * @property {number} at  when it was saved
 * @property {number} ms  how long that took
 * @property {string} was  hash; "" for none
 * @property {string} hash  what it shows since then
 * @property {object} [after]  what was seen then; not after a purge alone
 * @property {object} [purge]  the answer of a purge
 */

/** What one Varnish shows: live, waiting or not known, and why. */
export function targetState(target, change) {
  const done = change && change.purge && change.purge.targets
    .find((one) => one.name === target.name);
  if (done && done.state === 'acknowledged')
    return { kind: 'good', live: true,
      text: done.took_ms === undefined ? t('target.purged')
        : t('target.purged_ms', { time: clock(new Date(done.acknowledged),
          true), ms: milliseconds(done.took_ms) }) };
  if (!target.connected)
    return { kind: 'wait', live: false, text: t('target.away', {
      since: target.since ? ago(new Date(target.since)) : '?',
      error: target.error || t('target.no_reason') }) };
  if (target.map)
    return { kind: 'good', live: true, text: change ? t('target.map_since')
      : t('target.map') };
  if (done) return { kind: 'wait', live: false, text: t('target.pending') };
  if (!change) return { kind: 'off', live: false, text: t('target.no_map') };
  return { kind: 'wait', live: false, text: t('target.by_itself', { time:
    clock(new Date(change.at + state.session.alias_max_age * 1000)) }) };
}

/** "Live on 3 of 3 Varnishes, 41 ms" */
export function headline(targets, change, seen) {
  const live = targets.filter((one) => targetState(one, change).live).length;
  const n = targets.length;
  const took = change ? Math.max(change.ms, ...(change.purge
    ? change.purge.targets.map((one) => one.took_ms || 0) : [0])) : 0;
  if (n === 0) return seen && seen.kind === 'good' ? t('live.here')
    : t('live.unknown');
  return t(change ? 'live.on_ms' : 'live.on',
    { live, n, ms: milliseconds(took) });
}

/**
 * Asks for the picture as any browser does.
 * @returns {Promise<{kind: string, text: string, ms?: number}>}
 */
export async function look(wish, hash, history) {
  const url = aliasUrl(wish);
  const began = performance.now();
  let answer;
  if (location.protocol === 'https:' && url.startsWith('http:'))
    return { kind: 'off', text: t('seen.mixed') };
  try {
    answer = await fetch(url, { cache: 'no-store', credentials: 'omit' });
    await answer.arrayBuffer();
  } catch {
    return { kind: 'off', text: t('seen.unreachable', { host: wish.host }) };
  }
  const ms = performance.now() - began;
  const shown = (answer.headers.get('ETag') || '').match(/^"([0-9a-f]{40})/);
  const age = Number(answer.headers.get('Age')) || 0;
  if (!answer.ok)
    return { kind: answer.status === 403 ? 'off' : 'bad', ms,
      text: t(answer.status === 403 ? 'seen.signed' : answer.status === 404
        ? 'seen.missing' : 'seen.error', { status: String(answer.status),
        why: answer.headers.get('X-Moniker-Error') || '' }) };
  if (!shown) return { kind: 'off', ms, text: t('seen.no_tag') };
  if (shown[1] === hash)
    return { kind: 'good', ms,
      text: t('seen.this', { age, ms: milliseconds(ms) }) };
  const old = history.find((one) => one.hash === shown[1]);
  return { kind: 'wait', ms, text: t('seen.old', { age,
    rest: Math.max(0, state.session.alias_max_age - age),
    name: old && old.name ? old.name : shown[1].slice(0, 8) }) };
}

/**
 * @param {{alias: string, hash: string, change: Change|null, targets: object[],
 *   wish: object, history: object[], undo: () => void, purged: (p) => void,
 *   quota: object|null}} p
 */
export function LivePanel({ alias, hash, change, targets, wish, history, undo,
  purged, quota }) {
  const [seen, setSeen] = useState(null);
  const [busy, setBusy] = useState(false);
  const heading = useRef();
  const checks = useRef(0);
  // What was asked before a change says nothing of what is shown after it.
  const check = async () => {
    const mine = ++checks.current;
    setSeen(null);
    const found = await look(wish, hash, history);
    if (mine === checks.current) setSeen(found);
  };
  useEffect(() => { if (wish.stack) check(); },
    [hash, wish.stack, wish.format, change && change.purge]);
  // The dialog gives the focus back when it closes; then here is the news.
  useEffect(() => {
    if (!change) return undefined;
    const timer = setTimeout(() => heading.current &&
      heading.current.focus(), 0);
    return () => clearTimeout(timer);
  }, [change && change.at]);
  const saved = change && change.after;
  const behind = targets.some((one) => !one.map);
  const purge = async () => {
    setBusy(true);
    try {
      const { data } = await call('DELETE', path`/sourceimages/${
        state.session.organization}/alias/${alias}/cache` + '?wait=10');
      purged(data);
    } catch (e) { toast(sentence(e)); }
    setBusy(false);
  };
  const until = (s) => clock(new Date(change.at + s * 1000));
  const { alias_max_age: age, alias_swr: swr } = state.session;
  return html`<section class="live" aria-labelledby="live-title">
    <h2 id="live-title" ref=${heading} tabindex="-1">${
      headline(targets, change, seen)}</h2>
    <ul class="facts">
      ${saved && html`<li><${Mark} kind="good"><b>${t('saved')}</b><//>
        <span>${clock(new Date(change.at), true)}, ${
          milliseconds(change.ms)}</span></li>`}
      ${targets.map((one) => {
        const s = targetState(one, change);
        return html`<li key=${one.name}><${Mark} kind=${s.kind}><b><${Name}
          of=${one.name} length=${24}/></b><//> <span>${s.text}</span></li>`;
      })}
      ${wish.stack && html`<li><${Mark} kind=${seen ? seen.kind : 'off'}><b>${
        t('seen')}</b><//> <span>${seen ? seen.text : t('loading')} <button
        class="plain" onClick=${check}>${t('seen.again')}</button></span></li>`}
    </ul>
    ${saved && html`<p class="aside">${t('browsers', {
      first: until(age), last: until(age + swr) })}</p>`}
    <p class="actions">
      ${saved && change.was && html`<button onClick=${undo}>${t('undo')} <kbd>Ctrl+Z</kbd>
        </button>`}
      ${may('sourceimages:write') && html`<button disabled=${busy}
        class=${behind && saved && !change.purge ? 'primary' : ''}
        onClick=${purge}>${t('purge.alias')}</button>
      <span class="aside">${!behind && targets.length > 0 ? t('purge.needless')
        : ''} ${quota && quota.limit ? t('purge.left',
          { left: quota.remaining, limit: quota.limit }) : ''}</span>`}
    </p>
  </section>`;
}

/** What Varnishes there are, and what they owe. */
export const readTargets = async () => (await get(path`/targets/${
  state.session.organization}`)).data.items;

