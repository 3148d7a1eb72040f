// SPDX-License-Identifier: EUPL-1.2

// A real mail server for the browser tests: mailpit, as tools/essais names it.

import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A port that nobody listens on. */
export function freePort() {
  return new Promise((done, failed) => {
    const server = createServer().once('error', failed).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Asks until the answer is there, for a minute. */
export async function until(what, ask) {
  for (const limit = Date.now() + 60_000; ;) {
    const got = await ask().catch(() => undefined);
    if (got) return got;
    if (Date.now() > limit) throw new Error(`${what} : rien en une minute`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

/**
 * Starts the server and resolves to { url, api, mails, headers, stop }: url is for
 * MAILLAGE_SMTP_URL, mails(address, n) waits for the n mails to an address and gives them whole.
 */
export async function mailpit() {
  const [smtp, http] = [await freePort(), await freePort()];
  const program = execFileSync('go', ['tool', '-modfile=tools/essais/go.mod', '-n', 'mailpit'], { encoding: 'utf8', cwd: join(import.meta.dirname, '..') }).trim();
  const child = spawn(program, ['--smtp', `127.0.0.1:${smtp}`, '--listen', `127.0.0.1:${http}`, '--database', join(mkdtempSync(join(tmpdir(), 'mailpit-')), 'mails.db'),
    '--disable-version-check', '--smtp-disable-rdns', '--smtp-strict-rfc-headers', '--quiet'], { stdio: 'ignore' });
  const api = `http://127.0.0.1:${http}/api/v1`;
  const read = async (path) => (await fetch(`${api}/${path}`)).json();
  await until('mailpit', async () => (await fetch(`${api}/info`)).ok);
  return {
    api, read,
    url: `smtp://127.0.0.1:${smtp}?chiffrement=sans&expediteur=ne-pas-repondre@maillage.example`,
    headers: (id) => read(`message/${id}/headers`),
    mails: (address, n = 1) => until(`${n} courriels à ${address}`, async () => {
      const { messages } = await read(`search?query=${encodeURIComponent(`to:"${address}"`)}`);
      return messages.length >= n && Promise.all(messages.map((m) => read(`message/${m.ID}`)));
    }),
    stop: () => new Promise((done) => {
      child.once('exit', done);
      child.kill('SIGTERM');
    }),
  };
}
