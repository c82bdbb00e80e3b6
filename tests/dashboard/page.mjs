// SPDX-License-Identifier: BSD-2-Clause
// A real chromium on a real moniker. Each page fails its test on an error on the
// console, a breach of the policy, or a request to any other host.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { request } from 'node:http';
import { chromium } from 'playwright-core';

export const env = process.env;
export const API = env.API_URL;
const HOSTS = new RegExp('^http://(127\\.0\\.0\\.1|[a-z]+\\.localhost|' +
  '[a-z.]+\\.example\\.test):' + new URL(API).port + '/|^blob:|^data:');

// SLOW=4: a processor of a quarter of the speed.
const { SLOW } = process.env;
const PATIENCE_MS = 120000;

let browser;

export async function start() {
  browser = await chromium.launch({
    executablePath: env.CHROMIUM || '/usr/bin/chromium',
    timeout: PATIENCE_MS,
    args: ['--no-sandbox', '--disable-gpu',
      '--host-resolver-rules=MAP *.example.test 127.0.0.1'],
  });
}

export const stop = () => browser.close();

/** A call of the API with the key of an admin, by curl's way: no browser. */
export async function api(method, path, body, headers = {}) {
  const answer = await fetch(API + path, { method,
    headers: { 'Api-Key': env.API_KEY, ...headers },
    body: body === undefined || body instanceof FormData ? body
      : JSON.stringify(body) });
  const text = await answer.text();
  return { status: answer.status, headers: answer.headers,
    json: text && /json/.test(answer.headers.get('content-type'))
      ? JSON.parse(text) : null };
}

/** A call on the local socket, where no key is needed. */
export function local(method, path, body) {
  return new Promise((resolve, reject) => {
    const r = request({ socketPath: env.LOCAL_SOCKET, method, path }, (a) => {
      let text = '';
      a.on('data', (d) => { text += d; });
      a.on('end', () => resolve({ status: a.statusCode,
        json: text ? JSON.parse(text) : null }));
    });
    r.on('error', reject);
    r.end(body === undefined ? undefined : JSON.stringify(body));
  });
}

// Of this process: others have files of the same names.
const pictures = mkdtempSync(`${env.TMP}/pictures-`);

/** A picture of one colour, as a file; the same bytes whenever it is made. */
export function picture(name, colour, size = '300x150') {
  const file = `${pictures}/${name}`;
  execFileSync('convert', ['-size', size, `xc:${colour}`, '-define',
    'png:exclude-chunks=date,time', file]);
  return file;
}

/** Uploads it; its hash. */
export async function uploaded(file, name) {
  const form = new FormData();
  form.append('filedata', new Blob([readFileSync(file)]), name);
  return (await api('POST', '/sourceimages/demo', form)).json.items[0].hash;
}

/** A new key of these roles. */
export const key = async (...roles) => (await local('POST',
  '/organizations/demo/keys', { comment: roles.join(' '), roles })).json;

/**
 * A page of a context of its own.
 * @param {{expect?: RegExp, still?: boolean, [option: string]: any}} [options]
 *   expect: what the console may say besides; still: it reads again only when
 *   poll() says so, and what it tells stays
 */
export async function open({ expect, still, ...options } = {}) {
  const context = await browser.newContext({ locale: 'en-GB',
    viewport: { width: 1280, height: 800 }, ...options });
  context.setDefaultTimeout(PATIENCE_MS);
  const page = await context.newPage();
  if (SLOW) await (await context.newCDPSession(page)).send(
    'Emulation.setCPUThrottlingRate', { rate: Number(SLOW) });
  // From the start: playwright does not wait until the browser has been told,
  // so that a key pressed soon after opened a chooser that nobody hears of.
  page.on('filechooser', () => {});
  const faults = [];
  await page.addInitScript(() => addEventListener('securitypolicyviolation',
    (e) => console.error(`policy: ${e.violatedDirective} ${e.blockedURI}`)));
  if (still) await page.addInitScript(() => {
    const real = window.setTimeout;
    window.setTimeout = (f, ms, ...all) => ms >= 10000 ? 0
      : real(f, ms, ...all);
  });
  page.on('console', (m) => m.type() === 'error' &&
    !(expect && expect.test(m.text())) && faults.push(m.text()));
  page.on('pageerror', (e) => faults.push(String(e)));
  page.on('request', (r) => HOSTS.test(r.url()) || faults.push(r.url()));
  page.on('response', (r) => r.status() >= 500 && !expect &&
    faults.push(`${r.status()} ${r.url()}`));
  page.end = async () => {
    await context.close();
    if (faults.length) throw new Error(faults.join('\n'));
  };
  return page;
}

const SIGNED_OUT = /status of 403/;

/** Signs in by a key, as a person does. */
export async function signedIn(apiKey = env.API_KEY, options = {}) {
  const page = await open({ expect: SIGNED_OUT, ...options });
  await page.goto(`${options.base || API}/dashboard/`);
  await page.getByLabel('Key', { exact: true }).fill(apiKey);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('header').waitFor();
  return page;
}

export async function go(page, where) {
  await page.evaluate((h) => { location.hash = h; }, `#/demo/${where}`);
}

/** The page reads at once what it would read within ten seconds. */
export const poll = (page) => page.evaluate(() => {
  document.dispatchEvent(new Event('visibilitychange'));
});

/**
 * Holds back the next *n* answers that match; those after them pass.
 * @returns {Promise<{come: (i: number) => Promise<void>,
 *   go: (i: number) => void}>}  waits for that answer; lets it go
 */
export async function hold(page, url, method, n) {
  const gates = Array.from({ length: n }, () => {
    const gate = {};
    gate.come = new Promise((ok) => { gate.came = ok; });
    gate.gone = new Promise((ok) => { gate.go = ok; });
    return gate;
  });
  let i = 0;
  await page.route(url, async (route) => {
    const gate = route.request().method() === method ? gates[i++] : null;
    if (!gate) return route.fallback();
    const response = await route.fetch({ timeout: PATIENCE_MS });
    gate.came();
    await gate.gone;
    return route.fulfill({ response });
  });
  return { come: (k) => gates[k].come, go: (k) => gates[k].go() };
}

/** The status of a picture's URL, and its ETag, as the edge answers. */
export function seen(url) {
  const u = new URL(url);
  return new Promise((ok, no) => {
    request({ host: '127.0.0.1', port: u.port, path: u.pathname,
      headers: { Host: `demo.localhost:${u.port}` } }, (a) => {
      a.resume();
      ok({ status: a.statusCode, etag: a.headers.etag || '' });
    }).on('error', no).end();
  });
}

/** Whether the edge shows this image for the alias. */
export const served = async (alias, hash) => (await seen(
  `${env.PICTURES}/resize/-_${alias}_-.png`)).etag.slice(1, 41) === hash;
