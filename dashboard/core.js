// SPDX-License-Identifier: BSD-2-Clause
// Calls of the API, the session, and the current page. All state that pages share
// is in `state`; whoever changes it says so by `changed()`.
import { useState, useEffect } from './preact.js';

/**
 * @typedef {object} Session
 * @property {string} organization
 * @property {string} display_name
 * @property {{id: string, comment: string}} key
 * @property {string[]} rights  with those that they imply
 * @property {string} render_host  where the organization's pictures are
 * @property {number} alias_max_age
 * @property {number} alias_swr
 * @property {number} upload_max  bytes
 * @property {string[]} formats  that can be read
 * @property {boolean} overwrite_purges
 */

export const state = {
  /** @type {Session|null|undefined} undefined: not known yet */
  session: undefined,
  /** The session has ended under a page that is open. */
  signedOut: false,
  /** When the API answered last, and whether the last call did. */
  answered: 0,
  down: false,
  /** The server has other files than this page. */
  updated: false,
  /** @type {{id: number, text: string, undo?: () => Promise<void>}[]} */
  toasts: [],
  uploads: [],
};

const listeners = new Set();

export function changed() {
  for (const f of listeners) f();
}

/** The shared state; the component is drawn again when it changes. */
export function useShared() {
  const [, draw] = useState(0);
  useEffect(() => {
    const f = () => draw((n) => n + 1);
    listeners.add(f);
    return () => listeners.delete(f);
  }, []);
  return state;
}

export class ApiError extends Error {
  constructor(status, message, data, retryAfter) {
    super(message);
    this.status = status;
    this.data = data;
    this.retryAfter = retryAfter;
  }
}

/** No answer came: whether a change was done is not known. */
export class NoAnswer extends Error {}

let waiting = [];
/** How often somebody has signed in here. */
let signIns = 0;

/**
 * Resolves when somebody has signed in again, which may have happened since the
 * call that was refused.
 * @param {number} then  how often somebody had when it was sent
 */
async function signedInAgain(then) {
  if (then !== signIns) return undefined;
  state.signedOut = true;
  changed();
  return new Promise((resolve) => waiting.push(resolve));
}

function noteAnswer(down) {
  state.down = down;
  if (!down) state.answered = Date.now();
  changed();
}

function problem(answer, data) {
  const e = (data && (data.error || data)) || {};
  return new ApiError(answer.status, e.message || `HTTP ${answer.status}`,
    data, Number(answer.headers.get('Retry-After')) || 0);
}

/**
 * @param {string} method
 * @param {string} path
 * @param {{json?: any, headers?: object, signal?: AbortSignal}} [options]
 * @returns {Promise<{status: number, data: any, etag: string|null, ms: number}>}
 */
export async function call(method, path, options = {}) {
  const headers = { 'Moniker-Dashboard': '1', ...options.headers };
  const then = signIns;
  if (options.json !== undefined) headers['Content-Type'] = 'application/json';
  const began = performance.now();
  let answer;
  let data = null;
  try {
    answer = await fetch(path, {
      method,
      headers,
      cache: 'no-store',
      signal: options.signal,
      body: options.json === undefined ? undefined
        : JSON.stringify(options.json),
    });
    const text = await answer.text();
    if (/json/.test(answer.headers.get('Content-Type') || ''))
      data = JSON.parse(text);
  } catch (e) {
    if (e.name === 'AbortError') throw e;
    noteAnswer(true);
    throw new NoAnswer();
  }
  const ms = performance.now() - began;
  noteAnswer(answer.status === 503 && !data);
  if (answer.ok)
    return { status: answer.status, data, etag: answer.headers.get('ETag'),
      ms };
  const error = problem(answer, data);
  if (data && data.invalid_authentication && state.session &&
      !options.asIs) {
    await signedInAgain(then);
    return call(method, path, options);
  }
  throw error;
}

export const get = (path, options) => call('GET', path, options);

/**
 * The path of an API call: path`/sourceimages/${org}/alias/${name}`.
 */
export function path(parts, ...values) {
  return parts.reduce((all, part, i) =>
    all + encodeURIComponent(values[i - 1]) + part);
}

/**
 * Sends a file. XMLHttpRequest, since fetch() tells nothing of the progress.
 * @param {File} file
 * @param {(part: number) => void} progress  from 0 to 1
 * @param {AbortSignal} [signal]
 * @returns {Promise<object>} the source image
 */
export function upload(file, progress, signal) {
  const form = new FormData();
  const then = signIns;
  const x = new XMLHttpRequest();
  form.append('filedata', file, file.name || 'pasted.png');
  return new Promise((resolve, reject) => {
    x.open('POST', path`/sourceimages/${state.session.organization}`);
    x.setRequestHeader('Moniker-Dashboard', '1');
    x.responseType = 'json';
    x.upload.onprogress = (e) => e.lengthComputable &&
      progress(e.loaded / e.total);
    x.onerror = () => { noteAnswer(true); reject(new NoAnswer()); };
    x.onabort = () => reject(new DOMException('', 'AbortError'));
    x.onload = async () => {
      const data = x.response;
      noteAnswer(false);
      if (x.status >= 200 && x.status < 300)
        resolve(data.items[0]);
      else if (data && data.invalid_authentication) {
        await signedInAgain(then);
        upload(file, progress, signal).then(resolve, reject);
      } else
        reject(new ApiError(x.status, data && data.error ?
          data.error.message : `HTTP ${x.status}`, data, 0));
    };
    if (signal) signal.addEventListener('abort', () => x.abort());
    x.send(form);
  });
}

//--------------------------------------------------------------------
// The session

export const may = (right) =>
  !!state.session && state.session.rights.includes(right);

export async function readSession() {
  try {
    state.session = (await get('/session', { asIs: true })).data;
  } catch (e) {
    if (e instanceof NoAnswer) throw e;
    state.session = null;
  }
  changed();
}

async function begun() {
  signIns++;
  await readSession();
  state.signedOut = false;
  changed();
  const all = waiting;
  waiting = [];
  for (const go of all) go();
}

/** @param {string} key */
export async function signIn(key) {
  await call('POST', '/session', { asIs: true, headers: { 'Api-Key': key } });
  await begun();
}

/** @param {string} token  of a link, which is used up by it */
export async function signInByLink(token) {
  await call('POST', '/session/link',
    { asIs: true, headers: { 'Moniker-Link': token } });
  await begun();
}

export async function signOut() {
  await call('DELETE', '/session', { asIs: true });
  state.session = null;
  changed();
}

//--------------------------------------------------------------------
// Where we are: #/ORGANIZATION/PAGE/THING?filters

export function here() {
  const [way, query = ''] = location.hash.replace(/^#\/?/, '').split('?');
  const [org, page = '', ...rest] = way.split('/').map((s) => {
    try { return decodeURIComponent(s); } catch { return s; }
  });
  return { org, page, thing: rest.join('/'),
    query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The address of a page, for links. */
export function at(page, thing = '', query = {}) {
  const q = new URLSearchParams(Object.entries(query).filter(([, v]) => v));
  const parts = [state.session ? state.session.organization : '', page];
  if (thing) parts.push(thing);
  return '#/' + parts.map(encodeURIComponent).join('/') +
    (q.size ? '?' + q : '');
}

export function go(page, thing, query) {
  location.hash = at(page, thing, query);
}

/** Changes the filters without another step of Back. */
export function refine(page, thing, query) {
  history.replaceState(null, '', at(page, thing, query));
}

//--------------------------------------------------------------------
// What a person has set, in this browser; nothing secret

const prefix = () => 'moniker:' +
  (state.session ? state.session.organization : '') + ':';

export function setting(name, otherwise) {
  try {
    return JSON.parse(localStorage.getItem(prefix() + name)) ?? otherwise;
  } catch {
    return otherwise;
  }
}

export function set(name, value) {
  try {
    localStorage.setItem(prefix() + name, JSON.stringify(value));
  } catch { /* full or forbidden: it is forgotten */ }
}

//--------------------------------------------------------------------
// Reading again what is on show, while somebody looks

export const EVERY_MS = 10000;

const polled = new Set();

/** Reads again what is on show, after a change that it does not know of. */
export function readAgain() {
  for (const turn of polled) turn();
}

/**
 * Calls *read* at once, when *deps* change, and every ten seconds while the
 * page is seen; never while the one before is under way.
 */
export function usePolled(read, deps, every = EVERY_MS) {
  useEffect(() => {
    let over = false;
    let reading = false;
    let again;
    let timer;
    const turn = async () => {
      clearTimeout(timer);
      again = true;
      if (reading) return;
      reading = true;
      while (again && !over) {
        again = false;
        if (document.visibilityState === 'visible') {
          try { await read(); } catch { /* shown by the frame */ }
        }
      }
      reading = false;
      if (!over) timer = setTimeout(turn, every);
    };
    const seen = () => document.visibilityState === 'visible' && turn();
    document.addEventListener('visibilitychange', seen);
    polled.add(turn);
    turn();
    return () => {
      over = true;
      polled.delete(turn);
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', seen);
    };
  }, deps);
}

let toastId = 0;

/**
 * Says what was done; it stays for half a minute.
 * @param {string} text
 * @param {() => Promise<void>} [undo]
 */
export function toast(text, undo) {
  const id = ++toastId;
  state.toasts = [...state.toasts.slice(-2), { id, text, undo }];
  changed();
  return () => {
    state.toasts = state.toasts.filter((t) => t.id !== id);
    changed();
  };
}
