// SPDX-License-Identifier: BSD-2-Clause
// What others may not do: pages of other hosts, names that mean harm, keys with
// fewer rights. And what axe finds.
import assert from 'node:assert/strict';
import { createRequire } from 'node:module';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { api, env, go, hold, key, open, API, picture, poll, signedIn, start,
  stop, uploaded } from './page.mjs';

const axe = readFileSync(createRequire(import.meta.url)
  .resolve('axe-core/axe.min.js'), 'utf8');
const { port } = new URL(API);
let red;

before(async () => {
  await start();
  red = await uploaded(picture('red.png', 'red'), 'red.png');
  // The only one of its name, which no other test deletes.
  const sole = await uploaded(picture('sole.png', 'olive'), 'sole.png');
  for (const hash of [sole, red])
    await api('PUT', '/sourceimages/demo/alias/rights?overwrite=true', { hash });
});
after(stop);

test('a page of a picture host cannot use the session', async () => {
  const base = `http://api.example.test:${port}`;
  const page = await signedIn(env.API_KEY, { base, expect: /./ });
  const cookies = await page.context().cookies();
  assert.equal(cookies.length, 1);
  assert.equal(cookies[0].httpOnly, true);
  assert.equal(cookies[0].sameSite, 'Strict');
  const other = await page.context().newPage();
  // The same site as the API: SameSite does not keep its cookie back.
  await other.route(`http://demo.example.test:${port}/evil`, (r) => r.fulfill({
    contentType: 'text/html', body: '<p>evil</p>' }));
  await other.goto(`http://demo.example.test:${port}/evil`);
  const tried = await other.evaluate(async (api) => {
    const ask = async (path, options) => {
      try {
        const a = await fetch(api + path, { credentials: 'include',
          ...options });
        return a.status;
      } catch { return 'refused'; }
    };
    const head = { 'Moniker-Dashboard': '1' };
    return {
      read: await ask('/session'),
      header: await ask('/session', { headers: head }),
      write: await ask('/sourceimages/demo/alias', { method: 'POST',
        mode: 'no-cors', body: '{"changes":[{"alias":"red","hash":null}]}' }),
      frame: await new Promise((ok) => {
        const f = document.createElement('iframe');
        f.src = api + '/dashboard/';
        f.onload = () => { try {
          ok(f.contentDocument ? 'readable' : 'refused');
        } catch { ok('refused'); } };
        document.body.append(f);
      }),
      script: typeof window.opener,
    };
  }, base);
  assert.equal(tried.header, 'refused');
  assert.equal(tried.read, 'refused');
  assert.equal(tried.frame, 'refused');
  // A form, as text that is JSON.
  await api('PUT', '/sourceimages/demo/alias/csrf?overwrite=true',
    { hash: red });
  const answered = other.waitForResponse((r) => /alias$/.test(r.url()));
  await other.evaluate((to) => {
    const f = document.createElement('form');
    f.method = 'POST';
    f.enctype = 'text/plain';
    f.action = to;
    const i = document.createElement('input');
    i.name = '{"changes":[{"alias":"csrf","hash":null}],"x":"';
    i.value = '"}';
    f.append(i);
    document.body.append(f);
    f.submit();
  }, `${base}/sourceimages/demo/alias`);
  assert.equal((await answered).status(), 403);
  assert.equal((await api('GET', '/sourceimages/demo/alias/csrf')).status, 200);
  await page.end();
});

test('names that mean harm are text, and seen', async () => {
  const bad = [`<img src=x onerror="document.title='XSS'">.png`,
    `"><script>document.title='XSS'</script>.png`, 'a\u202egnp.exe.png',
    'x' + '\u0301'.repeat(90) + '.png', `${'y'.repeat(200)}.png`];
  for (const [i, name] of bad.entries()) {
    const hash = await uploaded(picture(`bad${i}.png`, `rgb(${i},9,9)`), 'b');
    await api('PUT', `/sourceimages/demo/${hash}/name`, name);
    await api('PUT', `/sourceimages/demo/alias/bad_${i}?overwrite=true`,
      { hash });
  }
  const page = await signedIn();
  for (const where of ['images', ...bad.map((_, i) => `alias/bad_${i}`)]) {
    await go(page, where);
    await page.locator('main .thumb img').first().waitFor();
    assert.doesNotMatch(await page.title(), /^XSS/);
    assert.ok(await page.evaluate(() => document.body.scrollWidth <=
      innerWidth), where);
  }
  await go(page, 'alias/bad_2');
  await page.getByText('⟨U+202E⟩').first().waitFor();
  const stopped = await page.evaluate(() => {
    try { document.body.innerHTML = '<b>x</b>'; return false; } catch {
      return true; }
  }).catch(() => true);
  assert.ok(stopped, 'trusted-types');
  await page.context().close();
});

test('what a key may not do is not there', async () => {
  const reader = await signedIn((await key('sourceimages:read')).api_key);
  await go(reader, 'alias/rights');
  await reader.getByText('shows this picture').waitFor();
  for (const name of ['Replace picture', 'Purge', 'More actions', 'Use '])
    assert.equal(await reader.getByRole('button', { name }).count(), 0, name);
  await go(reader, 'images?name=sole');
  await reader.locator('a.card').first().click();
  await reader.locator('.detail').getByText('Download').waitFor();
  assert.equal(await reader.getByRole('button', { name: 'Delete',
    exact: true }).count(), 0);
  assert.equal(await reader.getByRole('button', { name: 'Upload' }).count(), 0);
  await reader.end();
});

test('a session that ends leaves the page as it is', async () => {
  await api('PUT', '/sourceimages/demo/alias/ends?overwrite=true',
    { hash: red });
  const one = await key('sourceimages:write', 'read');
  const page = await signedIn(one.api_key,
    { expect: /40[13]/, still: true });
  await go(page, 'alias/ends');
  await page.getByText('shows this picture').waitFor();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Replace picture' }).click();
  await (await chooser).setFiles(picture('later.png', 'purple'));
  const replace = page.getByRole('button', { name: 'Replace', exact: true });
  await replace.waitFor();
  await api('DELETE', `/organizations/demo/keys/${one.id}`);
  // The upload is refused, but hears of it when somebody has signed in again.
  const sent = await hold(page, '**/sourceimages/demo', 'POST', 1);
  await replace.click();
  await sent.come(0);
  await poll(page);
  const again = page.getByRole('dialog', { name: 'You were signed out' });
  await again.getByLabel('Key').fill(env.API_KEY);
  // Nothing but signing in takes it away.
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await again.getByRole('button', { name: 'Sign in' }).click();
  await again.waitFor({ state: 'detached' });
  sent.go(0);
  await page.getByText(/^Live on/).waitFor();
  await page.end();
});

for (const colorScheme of ['light', 'dark'])
  for (const width of [320, 1280])
    test(`axe finds nothing: ${colorScheme}, ${width}`, async () => {
      const page = await signedIn(env.API_KEY, { bypassCSP: true, colorScheme,
        viewport: { width, height: 800 } });
      const check = async (what) => {
        await page.evaluate((text) => { if (!window.axe) (0, eval)(text); },
          axe);
        const found = await page.evaluate(async () => (await window.axe.run({
          runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa',
            'best-practice'] })).violations.map((v) => `${v.id}: ${
          v.nodes.map((n) => n.html.slice(0, 120)).join(' | ')}`));
        assert.deepEqual(found, [], what);
        assert.ok(await page.evaluate(() => document.documentElement
          .scrollWidth <= innerWidth), `${what} is too wide`);
      };
      await page.locator('a.card').first().waitFor();
      await check('aliases');
      await go(page, 'alias/rights');
      await page.getByText('shows this picture').waitFor();
      await check('alias');
      await page.getByRole('button', { name: 'Choose one that is' }).click();
      await page.locator('dialog .card').first().click();
      await page.getByRole('dialog').getByText('New', { exact: true })
        .waitFor();
      await check('compare');
      await page.keyboard.press('Escape');
      await go(page, 'images?name=sole');
      await page.locator('a.card').first().click();
      await page.locator('.detail dl').waitFor();
      await check('images');
      await go(page, 'status');
      await page.locator('table').waitFor();
      await check('status');
      await go(page, 'purges');
      await page.locator('.meters').waitFor();
      await check('purges');
      await page.end();
    });
