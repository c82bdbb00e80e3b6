// SPDX-License-Identifier: BSD-2-Clause
// The main job: another picture for an alias, by mouse, drop and keyboard; that
// it is live; and the way back.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { api, env, go, hold, local, open, API, picture, poll, served, signedIn,
  start, stop, uploaded } from './page.mjs';

let red;
let blue;
const files = {};

before(async () => {
  await start();
  for (const c of ['red', 'blue', 'green', 'gold'])
    files[c] = picture(`${c}.png`, c);
  files.wide = picture('wide.jpg', 'navy', '900x100');
  red = await uploaded(files.red, 'red.png');
  blue = await uploaded(files.blue, 'blue.png');
});
after(stop);

const put = (alias, hash) => api('PUT',
  `/sourceimages/demo/alias/${alias}?overwrite=true`, { hash });
const shows = async (alias) =>
  (await api('GET', `/sourceimages/demo/alias/${alias}`)).json.hash;

async function choose(page, file) {
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: /^(Replace picture|Choose a file)/ })
    .click();
  await (await chooser).setFiles(file);
}

const replace = (page) => page.getByRole('button',
  { name: 'Replace', exact: true });
const live = (page) => page.getByText(
  /^Live on 1 of 1 Varnish, (\d+ ms|[\d.,]+ s)$/);

/** What was done, with the way back; it stays while the mouse is on it. */
async function told(page, text) {
  const toast = page.locator('.toast', { hasText: text });
  await toast.hover();
  return toast;
}

test('by mouse, with undo by one press', async () => {
  await put('mouse', red);
  const page = await signedIn();
  await page.locator('#alias-mouse').click();
  await choose(page, files.wide);
  const dialog = page.getByRole('dialog');
  await dialog.getByText('9:1 instead of 2:1').waitFor();
  assert.equal(await shows('mouse'), red, 'nothing is changed yet');
  await replace(page).click();
  const toast = await told(page, 'mouse now shows wide.jpg');
  await live(page).waitFor();
  await page.getByText('shows this picture').waitFor();
  await page.getByText(/may see it until \d/).waitFor();
  const now = await shows('mouse');
  assert.notEqual(now, red);
  assert.ok(await served('mouse', now), 'the edge shows it');
  await toast.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('mouse now shows red.png').waitFor();
  assert.equal(await shows('mouse'), red);
  assert.ok(await served('mouse', red));
  await page.end();
});

test('by keyboard alone', async () => {
  await put('keys', red);
  const page = await open({ expect: /403/ });
  await page.goto(`${API}/dashboard/`);
  await page.getByLabel('Organization').focus();
  await page.keyboard.press('Tab');
  await page.keyboard.type(env.API_KEY);
  await page.keyboard.press('Enter');
  await page.locator('a.card').first().waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('keys');
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.querySelectorAll('a.card')
    .length === 1);
  await page.locator('#alias-keys').focus();
  await page.keyboard.press('Enter');
  await page.getByText('shows this picture').waitFor();
  const focused = () => page.evaluate(() => document.activeElement.id);
  for (let i = 0; i < 100 && await focused() !== 'replace'; i++)
    await page.keyboard.press('Tab');
  assert.equal(await focused(), 'replace');
  const chooser = page.waitForEvent('filechooser');
  await page.keyboard.press('Enter');
  await (await chooser).setFiles(files.blue);
  await replace(page).waitFor();
  // The button that is wanted has the focus.
  await page.keyboard.press('Enter');
  await live(page).waitFor();
  assert.equal(await shows('keys'), blue);
  await page.waitForFunction(() => document.activeElement.id === 'live-title');
  await page.keyboard.press('Control+z');
  await page.getByText('keys now shows red.png').waitFor();
  assert.equal(await shows('keys'), red);
  await page.end();
});

test('dropped on the alias, and pasted', async () => {
  await put('dropped', red);
  const page = await signedIn();
  const event = (selector, name) => page.evaluate(([s, n, bytes]) => {
    const data = new DataTransfer();
    data.items.add(new File([Uint8Array.from(atob(bytes), (c) =>
      c.charCodeAt(0))], 'blue.png', { type: 'image/png' }));
    const type = n === 'paste' ? ClipboardEvent : DragEvent;
    const key = n === 'paste' ? 'clipboardData' : 'dataTransfer';
    document.querySelector(s).dispatchEvent(new type(n, { bubbles: true,
      cancelable: true, [key]: data }));
  }, [selector, name, readFileSync(files.blue).toString('base64')]);
  await page.locator('#alias-dropped').waitFor();
  await event('#alias-dropped', 'drop');
  await replace(page).click();
  await live(page).waitFor();
  assert.equal(await shows('dropped'), blue);
  await put('dropped', red);
  await page.reload();
  await page.getByText('shows this picture').waitFor();
  await event('main', 'paste');
  await replace(page).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  assert.equal(await shows('dropped'), red, 'Escape leaves it as it was');
  await page.end();
});

test('the same picture, a cancelled chooser, no picture', async () => {
  await put('same', red);
  const page = await signedIn(env.API_KEY, { expect: /403|400/ });
  await go(page, 'alias/same');
  await page.getByText('shows this picture').waitFor();
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Replace picture' }).click();
  await (await chooser).setFiles([]);
  await choose(page, files.red);
  await replace(page).click();
  await page.getByText('That is the picture that same shows already.').waitFor();
  await choose(page, { name: 'x.png', mimeType: 'image/png',
    buffer: Buffer.from('no picture') });
  await replace(page).click();
  await page.getByRole('dialog').getByRole('alert').waitFor();
  assert.equal(await shows('same'), red);
  await page.end();
});

test('somebody else was quicker', async () => {
  await put('race', red);
  const page = await signedIn(env.API_KEY, { expect: /403|412/, still: true });
  await go(page, 'alias/race');
  await page.getByText('shows this picture').waitFor();
  const history = page.locator('.history li').first();
  await choose(page, files.green);
  await replace(page).waitFor();
  await put('race', blue);
  // The page behind the dialog shows it already, the dialog does not.
  await poll(page);
  await history.getByText('blue.png').waitFor({ state: 'attached' });
  await replace(page).click();
  await page.getByText('Somebody else was quicker').waitFor();
  await page.getByRole('button', { name: 'Keep theirs' }).click();
  assert.equal(await shows('race'), blue);
  await choose(page, files.green);
  await put('race', red);
  await replace(page).click();
  // The file that was chosen is still shown.
  await page.waitForFunction(() => [...document.querySelectorAll(
    'dialog figure img')].some((i) => /^blob:/.test(i.src) && i.naturalWidth));
  await page.getByRole('button', { name: 'Use mine' }).click();
  const toast = await told(page, 'race now shows green.png');
  await live(page).waitFor();
  assert.equal(await shows('race'), await uploaded(files.green, 'green.png'));
  // Undo is of the change that was made here, not of what came after it.
  await put('race', blue);
  await poll(page);
  await history.getByText('blue.png').waitFor();
  assert.equal(await live(page).count(), 0);
  await toast.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Somebody else was quicker').waitFor();
  assert.equal(await shows('race'), blue);
  await page.getByRole('button', { name: 'Keep theirs' }).click();
  await page.end();
});

test('undone while the page reads', async () => {
  await put('busy', red);
  const page = await signedIn(env.API_KEY, { still: true });
  await go(page, 'alias/busy');
  await page.getByText('shows this picture').waitFor();
  await choose(page, files.blue);
  await replace(page).waitFor();
  // What it reads after the change is overtaken by what it reads now and then.
  const reads = await hold(page, '**/alias/busy/history*', 'GET', 2);
  await page.keyboard.press('Enter');
  await reads.come(0);
  await poll(page);
  await reads.come(1);
  reads.go(0);
  await live(page).waitFor();
  await page.keyboard.press('Control+z');
  await page.getByText('busy now shows red.png').waitFor();
  assert.equal(await shows('busy'), red);
  reads.go(1);
  await page.unrouteAll({ behavior: 'wait' });
  await page.end();
});

test('a deleted picture of the history comes back', async () => {
  const gold = await uploaded(files.gold, 'gold.png');
  await put('past', gold);
  await put('past', red);
  await api('DELETE', `/sourceimages/demo/${gold}`);
  const page = await signedIn();
  await go(page, 'alias/past');
  await page.getByRole('button', { name: 'Restore and use: gold.png' }).click();
  await live(page).waitFor();
  assert.equal(await shows('past'), gold);
  await page.getByRole('button', { name: 'Back to the picture before' })
    .click();
  await page.getByText('past now shows red.png').waitFor();
  await page.end();
});

test('a purge is acknowledged, with its time', async () => {
  await put('purged', red);
  const page = await signedIn();
  await go(page, 'alias/purged');
  await page.getByRole('button', { name: 'Purge in all caches' }).click();
  await page.getByText(/purge acknowledged at .* \((\d+ ms|[\d.,]+ s)\)/).waitFor();
  await page.end();
});

test('made, deleted, and back', async () => {
  const page = await signedIn(env.API_KEY, { expect: /40[34]/ });
  await page.getByRole('button', { name: 'New alias' }).click();
  await page.getByLabel('Name', { exact: true }).fill('brand new');
  await page.getByRole('button', { name: 'Next' }).click();
  await page.getByText('The alias “brand_new” does not exist yet').waitFor();
  await choose(page, files.red);
  await page.getByRole('button', { name: 'Make the alias' }).click();
  await live(page).waitFor();
  await page.getByLabel('More actions').click();
  await page.getByRole('button', { name: 'Delete the alias' }).click();
  await (await told(page, 'brand_new now answers 404.')).getByRole('button',
    { name: 'Undo' }).click();
  await page.getByText('shows this picture').waitFor();
  assert.equal(await shows('brand_new'), red);
  await page.end();
});

test('a link signs in once', async () => {
  const id = env.API_KEY.slice(0, 32);
  const { token } = (await local('POST',
    `/organizations/demo/keys/${id}/links`)).json;
  const page = await open({ expect: /403/ });
  await page.goto(`${API}/dashboard/#/welcome/${token}`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.locator('a.card').first().waitFor();
  await page.goto('about:blank');
  await page.goto(`${API}/dashboard/#/welcome/${token}`);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('The link is not valid any more').waitFor();
  await page.end();
});
