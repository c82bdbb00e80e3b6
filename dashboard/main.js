// SPDX-License-Identifier: BSD-2-Clause
// The frame: signing in, navigation, and which page is on show.
import { html, render, useEffect, useRef, useState } from './preact.js';
import { at, changed, get, go, here, may, path, readSession, setting,
  signIn, signInByLink, signOut, state, usePolled, useShared }
  from './core.js';
import { t } from './text.js';
import { Dialog, Loading, Name, sentence, Toasts, Trouble } from './ui.js';

/** Pages by name: the right that shows them, and their module. */
const PAGES = {
  aliases: { right: 'sourceimages:read', load: () => import('./aliases.js') },
  alias: { right: 'sourceimages:read', load: () => import('./alias.js'),
    hidden: true },
  images: { right: 'sourceimages:read', load: () => import('./images.js') },
  purges: { right: null, load: () => import('./purges.js') },
  status: { right: null, load: () => import('./status.js') },
};

const SEES = ['sourceimages:read', 'sourceimages:write', 'read', 'write'];
const shown = (page) => PAGES[page].right
  ? may(PAGES[page].right) : SEES.some(may);

//--------------------------------------------------------------------

/** @param {{over?: boolean}} p  over: above a page whose session ended */
function SignIn({ over }) {
  const [error, setError] = useState(null);
  const [busy, setBusy] = useState(false);
  const ref = useRef();
  const send = async (e) => {
    e.preventDefault();
    setBusy(true);
    try {
      await signIn(new FormData(e.target).get('key').trim());
    } catch (x) {
      setError(x);
      ref.current.focus();
    }
    setBusy(false);
  };
  return html`<form class="signin" onSubmit=${send}>
    ${!over && html`<p>${t('signin.what')}</p>`}
    <label>${t('signin.organization')}
      <input name="organization" autocomplete="username" autocapitalize="none"
        spellcheck="false"/></label>
    <label>${t('signin.key')}
      <input ref=${ref} name="key" type="password" required data-first
        autocomplete="current-password" aria-invalid=${!!error}
        aria-describedby="key-error"/></label>
    <p id="key-error" class="trouble" role="alert">${error && (error.status ===
      403 ? t('signin.wrong') : sentence(error))}</p>
    <button class="primary" disabled=${busy}>${t('signin.go')}</button>
    <details><summary>${t('signin.where')}</summary>
      <p>${t('signin.ask')}</p>
      <pre>monikerctl -o ORGANIZATION --role read --role sourceimages:write key create</pre>
    </details>
  </form>`;
}

/** Mail scanners open links: nothing is used up before somebody presses. */
function Welcome({ token }) {
  const [error, setError] = useState(null);
  const enter = async () => {
    try {
      await signInByLink(token);
      location.hash = at('aliases');
    } catch (e) { setError(e); }
  };
  useEffect(() => { document.title = `${t('welcome.title')} · moniker`; }, []);
  return html`<main class="alone"><h1>${t('welcome.title')}</h1>
    <p>${t('welcome.text')}</p>
    <${Trouble} of=${error}/>
    <button class="primary" autofocus onClick=${enter}>${t('signin.go')}</button>
  </main>`;
}

function Alone() {
  useEffect(() => { document.title = `${t('signin.title')} · moniker`; }, []);
  return html`<main class="alone"><h1>${t('signin.title')}</h1>
    <${SignIn}/></main>`;
}

//--------------------------------------------------------------------

/** How old is what is seen? */
function Live() {
  const [now, tick] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => tick(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  const age = Math.round((now - state.answered) / 1000);
  if (state.down) return html`<span class="mark bad"><span
    aria-hidden="true">△</span> ${t('live.down')}</span>`;
  if (age > 15) return html`<span class="mark off"><span
    aria-hidden="true">○</span> ${t('live.old', { age })}</span>`;
  return html`<span class="mark good"><span aria-hidden="true">●</span> ${
    t('live.now')}</span>`;
}

function PurgesLeft() {
  const [left, setLeft] = useState(null);
  usePolled(async () => {
    const q = (await get(path`/purges/${state.session.organization}/quota`))
      .data.quota.alias;
    setLeft(q.limit ? q : null);
  }, [state.session.organization], 30000);
  return left && html`<a href=${at('purges')} class="aside">${
    t('purges.left', { left: left.remaining, limit: left.limit })}</a>`;
}

function Frame({ where }) {
  const [find, setFind] = useState('');
  const ref = useRef();
  const { session } = state;
  useEffect(() => {
    const slash = (e) => {
      if (e.key !== '/' || !setting('keys', true) || e.ctrlKey || e.metaKey ||
          /INPUT|TEXTAREA|SELECT/.test(e.target.tagName) || !ref.current)
        return;
      e.preventDefault();
      ref.current.focus();
    };
    addEventListener('keydown', slash);
    return () => removeEventListener('keydown', slash);
  }, []);
  const pages = Object.keys(PAGES).filter((p) => !PAGES[p].hidden && shown(p));
  const current = where.page === 'alias' ? 'aliases' : where.page;
  return html`<a class="skip" href="#main" onClick=${(e) => {
      e.preventDefault(); document.querySelector('h1').focus(); }}>${
      t('skip')}</a>
    <header>
      <a class="brand" href=${at(pages[0])}>moniker</a>
      <span class="org"><${Name} of=${session.display_name ||
        session.organization} length=${24}/></span>
      ${may('sourceimages:read') && html`<form role="search"
        onSubmit=${(e) => { e.preventDefault();
          go('aliases', '', { begins: find }); }}>
        <input ref=${ref} type="search" aria-label=${t('search')}
          placeholder=${t('search.hint')} value=${find}
          onInput=${(e) => setFind(e.target.value)}/></form>`}
      <span class="room"></span>
      ${SEES.some(may) && html`<${PurgesLeft}/>`}
      <${Live}/>
      <details class="menu"><summary><${Name} of=${session.key.comment ||
        session.key.id.slice(0, 8)} length=${20}/></summary>
        <div><p class="aside">${t('rights', { list: session.roles.join(', ') })}
          </p><p class="aside">moniker ${session.version}</p>
        <button onClick=${signOut}>${t('signout')}</button></div></details>
    </header>
    ${location.protocol === 'http:' &&
      !/^(localhost|127\.|\[::1\])|\.localhost$/.test(location.hostname) &&
      html`<p class="bar" role="note">${t('unencrypted')}</p>`}
    ${state.down && html`<p class="bar" role="alert">${t('down')}</p>`}
    ${state.updated && html`<p class="bar" role="alert">${t('updated')}
      <button onClick=${() => location.reload()}>${t('reload')}</button></p>`}
    <nav aria-label=${t('pages')}><ul>${pages.map((p) => html`<li><a
      href=${at(p)} aria-current=${current === p ? 'page' : undefined}>${
      t('page.' + p)}</a></li>`)}</ul></nav>
    <main id="main"><${Page} where=${where}/></main>`;
}

function Page({ where }) {
  const [modules, setModules] = useState({});
  const page = PAGES[where.page] ? where.page : null;
  useEffect(() => {
    if (!page || modules[page]) return;
    PAGES[page].load().then(
      (m) => setModules((all) => ({ ...all, [page]: m.default })),
      // The server has other files than those that this page came with.
      () => { state.updated = true; changed(); });
  }, [page]);
  if (!page || !shown(page)) return html`<h1 tabindex="-1">${
    t('no_page')}</h1>`;
  const Shown = modules[page];
  return Shown ? html`<${Shown} key=${page + where.thing}
    thing=${where.thing} query=${where.query}/>` : html`<${Loading}/>`;
}

function App() {
  useShared();
  const [where, setWhere] = useState(here());
  useEffect(() => {
    const f = () => setWhere(here());
    addEventListener('hashchange', f);
    return () => removeEventListener('hashchange', f);
  }, []);
  const { session } = state;
  if (where.org === 'welcome' && where.page)
    return html`<${Welcome} token=${where.page}/>`;
  if (session === undefined) return html`<${Loading}/>`;
  if (session === null) return html`<${Alone}/>`;
  if (where.org !== session.organization || !where.page) {
    const first = Object.keys(PAGES).find(shown) || 'aliases';
    history.replaceState(null, '', at(first));
    where.org = session.organization;
    where.page = first;
    where.thing = '';
  }
  return html`<${Frame} where=${where}/>
    <${Toasts} all=${state.toasts} drop=${(id) => {
      state.toasts = state.toasts.filter((one) => one.id !== id);
      changed(); }}/>
    ${state.signedOut && html`<${Dialog} title=${t('signedout')}
      close=${() => {}}><p>${t('signedout.text')}</p>
      <${SignIn} over=${true}/><//>`}`;
}

/** Until the API answers: nobody is signed out by a restart. */
async function start() {
  const app = document.getElementById('app');
  for (let wait = 500; ; wait = Math.min(wait * 2, 8000)) {
    try {
      if (here().org === 'welcome') state.session = null;
      else await readSession();
      break;
    } catch {
      render(html`<main class="alone"><h1>moniker</h1><p class="trouble"
        role="alert">${t('down')}</p></main>`, app);
      await new Promise((ok) => setTimeout(ok, wait));
    }
  }
  render(null, app);
  render(html`<${App}/>`, app);
}

start();
