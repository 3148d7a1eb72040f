// SPDX-License-Identifier: EUPL-1.2

// What is kept in this browser, for one account: another account on the same machine is never
// shown it, and leaving clears it. A record is
//   { values, base, version, at, tab, sent, submitted, thrown, other }
// version: the server's that it goes back to; sent: the server has it; other: a text of another
// tab that this one took the place of.

const PREFIX = 'maillage.brouillon.';
const MONTH = 30 * 24 * 3600 * 1000;
const WEEK = 7 * 24 * 3600 * 1000;

function store() {
  try {
    return window.localStorage;
  } catch {
    return null; // forbidden by the browser's settings
  }
}

export const slot = (account, key) => `${PREFIX}${account}.${key}`;

export function parse(text) {
  try {
    const record = JSON.parse(text);
    return record && typeof record === 'object' && typeof record.at === 'number' && (record.thrown || typeof record.values === 'object') ? record : null;
  } catch {
    return null;
  }
}

export function get(name) {
  return parse(store()?.getItem(name) ?? 'null');
}

/** Keeps a record; false when the browser has no room or does not want to. */
export function put(name, record) {
  try {
    window.localStorage.setItem(name, JSON.stringify(record));
    return true;
  } catch {
    return false;
  }
}

export function remove(name) {
  store()?.removeItem(name);
}

function names() {
  const s = store();
  return s ? Array.from({ length: s.length }, (_, i) => s.key(i)).filter((n) => n.startsWith(PREFIX)) : [];
}

/** Removes what is old, and what another account left that the server has too. */
export function sweep(account) {
  const now = Date.now();
  for (const name of names()) {
    const record = get(name);
    const mine = name.startsWith(slot(account, ''));
    if (!record || now - record.at > MONTH || (!mine && (record.sent || now - record.at > WEEK))) remove(name);
  }
}

/** Removes everything: the person leaves. */
export function clear() {
  names().forEach(remove);
}
