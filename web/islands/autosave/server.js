// SPDX-License-Identifier: EUPL-1.2

// The server's side of drafts. Every call resolves to one of
//   { kind: 'ok', … }        what it answered
//   { kind: 'stale', … }     something happened to the draft since: what is there now
//   { kind: 'network' }      no answer
//   { kind: 'expired', … }   the session is over or not enough: text, label and href of the way
//                            on, where the service gave them
//   { kind: 'refused', text, again }   an answer that is no yes; again: it may pass later

const PATIENCE = 8000; // ms
const KEEPALIVE = 60_000; // octets: browsers refuse more on leaving

async function call(path, body, options = {}) {
  let answer;
  try {
    answer = await fetch(path, {
      method: body ? 'POST' : 'GET',
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body: body && JSON.stringify(body),
      cache: 'no-store',
      redirect: 'manual', // to the sign-in page
      signal: window.AbortSignal.timeout(PATIENCE),
      ...options,
    });
    if (answer.ok || answer.status === 409) {
      const text = 'Une autre page enregistre cette saisie au même moment.'; // when it goes on being stale
      return { ...(await answer.json()), ...(answer.ok ? { kind: 'ok' } : { kind: 'stale', text, again: true }) };
    }
  } catch (e) {
    return e instanceof SyntaxError ? { kind: 'refused', text: 'La réponse du service est illisible.', again: true } : { kind: 'network' };
  }
  if (answer.type === 'opaqueredirect') return { kind: 'expired' };
  if (answer.status === 401 || answer.status === 403) return turnedAway(answer);
  if (answer.status === 413) return { kind: 'refused', text: 'Cette saisie est trop longue pour être gardée comme brouillon.' };
  if (answer.status === 412) return { kind: 'refused', text: 'Votre compte a changé depuis l\'ouverture de cette page : copiez votre texte, puis rouvrez-la.' };
  return { kind: 'refused', text: `Le service a répondu par une erreur (${answer.status}).`, again: answer.status >= 500 || answer.status === 429 };
}

// turnedAway reads on the page that the guard answers where to go: to sign in, or to give a
// second proof. It leads back to this page.
async function turnedAway(answer) {
  const page = new DOMParser().parseFromString(await answer.text().catch(() => ''), 'text/html');
  const link = page.querySelector('main a.button');
  const href = link?.getAttribute('href') ?? '';
  if (href.startsWith('/connexion')) {
    return { kind: 'expired', href, label: link.textContent, text: answer.status === 403 ? page.querySelector('main .lead')?.textContent : '' };
  }
  return answer.status === 401 ? { kind: 'expired' } : { kind: 'refused', text: page.querySelector('main .lead')?.textContent || 'Le service a refusé cet enregistrement.' };
}

export const load = (key) => call(`/brouillons/${key}`);

export const save = (draft) => call('/brouillons', draft);

export const drop = (account, key) => call('/brouillons/supprimer', { account, key });

/** Saves while the page goes away; nobody hears the answer. */
export function saveOnLeaving(draft) {
  if (new window.Blob([JSON.stringify(draft)]).size <= KEEPALIVE) call('/brouillons', draft, { keepalive: true });
}
