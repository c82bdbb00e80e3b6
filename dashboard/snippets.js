// SPDX-License-Identifier: BSD-2-Clause
// URLs of pictures, and what to paste where. Pure: nothing here asks anybody.

const part = encodeURIComponent;

/**
 * @typedef {object} Wish
 * @property {string} host  "https://demo.example.net"
 * @property {string} stack
 * @property {string} alias
 * @property {string} format  "jpg"
 * @property {number} [width]  in the page
 * @property {number} [height]
 * @property {string} [alt]
 * @property {string} [slug]  name at the end, for search engines
 */

/**
 * The URL of an alias.
 * @param {Wish} w
 * @param {string} [segment]  "options-dpr-2"
 */
export function aliasUrl(w, segment = '') {
  const end = w.slug ? `/${part(w.slug)}.${w.format}` : `.${w.format}`;
  return `${w.host}/${part(w.stack)}/${segment ? segment + '/' : ''}` +
    `-_${w.alias}_-${end}`;
}

export function hashUrl(w, hash) {
  return `${w.host}/${part(w.stack)}/${hash}.${w.format}`;
}

/** For HTML attributes in double quotes, and for text. */
export const escapeHtml = (s) => String(s).replace(/[&<>"']/g,
  (c) => `&#${c.charCodeAt(0)};`);

const attributes = (pairs) => pairs
  .filter(([, v]) => v !== undefined && v !== '')
  .map(([k, v]) => ` ${k}="${escapeHtml(v)}"`).join('');

const size = (w) => [['width', w.width], ['height', w.height]];

/** @param {Wish} w */
export const web = (w) => `<img${attributes([['src', aliasUrl(w)], ...size(w),
  ['alt', w.alt ?? '']]).replace(/ alt=""$/, '')}${w.alt ? '' : ' alt=""'}>`;

/** @param {Wish} w */
export function responsive(w) {
  const twice = aliasUrl(w, 'options-dpr-2');
  return `<img${attributes([['src', aliasUrl(w)],
    ['srcset', `${aliasUrl(w)} 1x, ${twice} 2x`], ...size(w)])}` +
    ` alt="${escapeHtml(w.alt ?? '')}">`;
}

/** Formats that old mail programs show. */
export const MAIL_FORMATS = ['jpg', 'png', 'gif'];

/** @param {Wish} w */
export function mail(w) {
  const sure = MAIL_FORMATS.includes(w.format) ? w : { ...w, format: 'jpg' };
  return `<img${attributes([['src', aliasUrl(sure)], ...size(sure)])}` +
    ` alt="${escapeHtml(sure.alt ?? '')}"` +
    ' style="display:block;border:0">';
}

/** @param {Wish} w */
export const markdown = (w) =>
  `![${(w.alt ?? w.alias).replace(/[[\]\\]/g, '\\$&')}](${aliasUrl(w)})`;

/** For a shell: in quotes that end nowhere. */
const quoted = (s) => `'${String(s).replace(/'/g, "'\\''")}'`;

export const ctl = (org, alias, hash) =>
  `monikerctl -o ${quoted(org)} alias set ${quoted(alias)} ${quoted(hash)}`;

export const KINDS = {
  url: aliasUrl, web, responsive, mail, markdown,
};
