// SPDX-License-Identifier: BSD-2-Clause
// Each URL that the dashboard offers is asked for, and escapes what it must.
import assert from 'node:assert/strict';
import { before, test } from 'node:test';
import { api, env, picture, seen, uploaded } from './page.mjs';
import { aliasUrl, ctl, escapeHtml, mail, markdown, responsive, web }
  from './snippets.js';

const wish = { host: env.PICTURES.replace('demo.localhost', '127.0.0.1'),
  stack: 'resize', alias: 'snippet', format: 'jpg', width: 400, height: 200,
  alt: 'A "quoted" <b> & more' };

before(async () => {
  const hash = await uploaded(picture('s.png', 'teal'), 's.png');
  await api('PUT', '/sourceimages/demo/alias/snippet?overwrite=true', { hash });
});


test('each URL answers', async () => {
  for (const w of [wish, { ...wish, slug: 'sales team' },
    { ...wish, format: 'webp' }])
    for (const url of [aliasUrl(w), aliasUrl(w, 'options-dpr-2')])
      assert.equal((await seen(url)).status, 200, url);
});

test('text of others is escaped', () => {
  for (const html of [web(wish), responsive(wish), mail(wish)]) {
    assert.ok(html.includes(`alt="${escapeHtml(wish.alt)}"`), html);
    assert.equal(html.match(/</g).length, 1, html);
  }
  assert.match(mail({ ...wish, format: 'avif' }), /\.jpg"/);
  assert.equal(ctl("o'x", 'a', 'h'),
    `monikerctl -o 'o'\\''x' alias set 'a' 'h'`);
  assert.match(markdown({ ...wish, alt: 'a]b' }), /^!\[a\\\]b\]\(http/);
});
