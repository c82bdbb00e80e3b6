// SPDX-License-Identifier: BSD-2-Clause
// Sentences, numbers, dates, and names of others made safe to look at.
import en from './en.js';

const language = 'en';
const plural = new Intl.PluralRules(language);

/**
 * The sentence of *key*, with {name} replaced. Of an entry that is an object,
 * the form is chosen by `n`.
 */
export function t(key, values = {}) {
  let s = en[key] ?? key;
  if (typeof s === 'object') s = s[plural.select(values.n)] ?? s.other;
  return s.replace(/\{(\w+)\}/g, (all, name) =>
    name in values ? format(values[name]) : all);
}

const format = (v) => typeof v === 'number' ? number(v) : String(v);

export const number = (n, options) =>
  new Intl.NumberFormat(language, options).format(n);

export function bytes(n) {
  const units = ['byte', 'kilobyte', 'megabyte', 'gigabyte', 'terabyte'];
  let i = 0;
  while (n >= 1000 && i < units.length - 1) { n /= 1000; i++; }
  return number(n, { style: 'unit', unit: units[i], unitDisplay: 'short',
    maximumFractionDigits: n < 10 && i > 0 ? 1 : 0 });
}

export const milliseconds = (ms) =>
  ms < 1000 ? `${number(Math.max(1, Math.round(ms)))} ms`
    : `${number(ms / 1000, { maximumFractionDigits: 1 })} s`;

export const clock = (date, fraction) =>
  new Intl.DateTimeFormat(language, { hour: '2-digit', minute: '2-digit',
    second: '2-digit', ...(fraction ? { fractionalSecondDigits: 3 } : {}) })
    .format(date);

const day = (date) => new Intl.DateTimeFormat(language,
  { dateStyle: 'medium' }).format(date);

export const moment = (date) => new Intl.DateTimeFormat(language,
  { dateStyle: 'medium', timeStyle: 'medium' }).format(date);

/** "3 minutes ago", "12 Jan 2026" */
export function ago(date) {
  const s = (Date.now() - date) / 1000;
  const rel = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  if (s < 10) return t('now');
  if (s < 60) return rel.format(-Math.round(s), 'second');
  if (s < 3600) return rel.format(-Math.round(s / 60), 'minute');
  if (s < 86400) return rel.format(-Math.round(s / 3600), 'hour');
  if (s < 7 * 86400) return rel.format(-Math.round(s / 86400), 'day');
  return day(date);
}

/** What a language of another direction, or nothing at all, would show. */
const HIDDEN =
  /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]/g;

/**
 * A name as somebody gave it, with what cannot be seen made visible, and no
 * more than two marks above one letter.
 */
export function safe(name) {
  return String(name)
    .replace(/(\p{M}{2})\p{M}+/gu, '$1…')
    .replace(HIDDEN, (c) => '⟨U+' +
      c.charCodeAt(0).toString(16).toUpperCase().padStart(4, '0') + '⟩');
}

/** The same, cut in the middle: the ending tells what it is. */
export function short(name, length = 40) {
  const s = [...safe(name)];
  if (s.length <= length) return s.join('');
  const tail = Math.min(12, length >> 1);
  return s.slice(0, length - tail - 1).join('') + '…' +
    s.slice(-tail).join('');
}
