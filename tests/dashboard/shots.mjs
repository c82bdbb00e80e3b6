// SPDX-License-Identifier: BSD-2-Clause
// Pictures of each page and dialog into SHOTS, light, dark and on a phone.
import { mkdirSync } from 'node:fs';
import { api, env, go, key, picture, signedIn, start, stop, uploaded, open, API }
  from './page.mjs';

const to = env.SHOTS;
mkdirSync(to, { recursive: true });
await start();

const photos = env.PHOTOS ? env.PHOTOS.split(' ') : [];
const colours = ['#c0392b', '#2980b9', '#27ae60', '#f39c12', '#8e44ad'];
const hashes = [];
for (const [i, c] of colours.entries())
  hashes.push(await uploaded(picture(`p${i}.png`, c, `${400 + i * 100}x300`),
    `banner-${i}.png`));
for (const [i, name] of ['footer', 'hero', 'news_05', 'sale', 'team_photo',
  'a_very_long_alias_name_that_somebody_made_for_the_autumn_campaign_2026']
  .entries())
  await api('PUT', `/sourceimages/demo/alias/${name}?overwrite=true`,
    { hash: hashes[i % hashes.length] });
await api('PUT', '/sourceimages/demo/alias/footer?overwrite=true',
  { hash: env.HASH });
await api('PUT', '/sourceimages/demo/alias/old_promo?overwrite=true',
  { hash: hashes[4] });
await api('DELETE', '/sourceimages/demo/' + hashes[4]);

const forms = {
  light: { colorScheme: 'light' },
  dark: { colorScheme: 'dark' },
  phone: { colorScheme: 'light', viewport: { width: 360, height: 740 },
    hasTouch: true },
};
for (const [form, options] of Object.entries(forms)) {
  const shot = (page, name) => page.screenshot({ animations: 'disabled',
    path: `${to}/${name}-${form}.png`, fullPage: !/dialog/.test(name) });
  const out = await open({ expect: /403/, ...options });
  await out.goto(`${API}/dashboard/`);
  await out.getByLabel('Key', { exact: true }).waitFor();
  await shot(out, 'signin');
  await out.end();
  const page = await signedIn(env.API_KEY, options);
  const loaded = () => page.waitForFunction(() => [...document.images].every(
    (i) => i.complete && i.naturalWidth > 0 || i.getBoundingClientRect().top >
    innerHeight));
  await page.locator('a.card').first().waitFor();
  await loaded();
  await shot(page, 'aliases');
  await go(page, 'alias/footer');
  await page.getByText('shows this picture').waitFor();
  await loaded();
  await shot(page, 'alias');
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Replace picture' }).click();
  await (await chooser).setFiles(picture('new-footer.jpg', 'teal', '600x200'));
  await page.getByRole('dialog').waitFor();
  await loaded();
  await shot(page, 'dialog-replace');
  await page.getByRole('button', { name: 'Replace', exact: true }).click();
  await page.getByText(/^Live on/).waitFor();
  await page.getByText('shows this picture').waitFor();
  await loaded();
  await shot(page, 'live');
  await page.locator('.live').getByRole('button', { name: 'Undo' }).click();
  await page.getByText('footer now shows Kleiber').waitFor();
  await page.getByRole('button', { name: 'Purge in all caches' }).click();
  await page.getByText('purge acknowledged at').waitFor();
  await shot(page, 'purged');
  await page.getByRole('button', { name: 'Choose one that is here' }).click();
  await page.getByRole('dialog').locator('.card').first().waitFor();
  await loaded();
  await shot(page, 'dialog-pick');
  await page.keyboard.press('Escape');
  await go(page, 'images');
  await page.locator('a.card').first().waitFor();
  await loaded();
  await shot(page, 'images');
  await page.locator('a.card').first().click();
  await page.locator('.detail dl').waitFor();
  await loaded();
  await shot(page, 'image');
  await go(page, 'purges');
  await page.locator('table').waitFor();
  await shot(page, 'purges');
  await go(page, 'status');
  await page.locator('table').waitFor();
  await shot(page, 'status');
  await page.end();
}
await stop();
