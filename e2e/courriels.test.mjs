// SPDX-License-Identifier: EUPL-1.2

// Mails, from the page where they are written to the mailbox where they arrive: a real browser, a
// real mail server.

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, test } from 'node:test';
import { complaints, launch, overflow, start, stepInto, violations } from './browser.mjs';
import { freePort, mailpit } from './mailpit.mjs';

let server;
let site;
let browser;

/** A demonstration that sends, with settings of its own. */
function demonstration(settings = {}, port = 0) {
  return start('./maillage', ['demo', '--addr', `127.0.0.1:${port}`, '--reseau', 'non'], { stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, MAILLAGE_SMTP_URL: server.url, ...settings } });
}

before(async () => {
  server = await mailpit();
  site = await demonstration();
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
  await server?.stop();
});

async function asSecretary({ width = 1280, scheme = 'light' } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, locale: 'fr-FR' });
  const page = await context.newPage();
  const errors = complaints(page);
  await stepInto(page, site.url, 'Secrétariat');
  return { page, errors, close: () => context.close() };
}

/** Fills in the page that writes to a group, up to the list of who gets it. */
async function write(page, subject) {
  await page.goto(`${site.url}/courriels/nouveau`);
  await page.getByLabel('Toutes les personnes de l’annuaire').check();
  await page.getByLabel('Objet').fill(subject);
  await page.getByLabel('Message').fill('Bonjour,\n\nLa séance se tient à Bobigny.\n\nÀ bientôt.');
  await page.getByRole('button', { name: 'Voir qui le reçoit' }).click();
}

test('un courriel écrit à un groupe se voit, s’essaie, s’envoie et s’annule', async () => {
  const { page, errors, close } = await asSecretary();
  await write(page, 'Séance du 12 mars');
  assert.match(await page.locator('main').innerText(), /\d+ destinataires/);
  await page.getByRole('button', { name: 'M’envoyer un essai' }).click();
  await page.getByText('L’essai est parti, à vous seul').waitFor();

  const [mail] = await server.mails('secretariat@demonstration.example');
  assert.equal(mail.Subject, '[Essai] Séance du 12 mars');
  for (const part of [mail.HTML, mail.Text]) assert.match(part, /La séance se tient à Bobigny\./);
  assert.doesNotMatch(mail.HTML, /<img|<script|<style|<link|<iframe|src=|url\(/i, 'rien n’est chargé à l’ouverture');
  assert.match(mail.Text, /ni image ni traceur/);
  assert.equal(mail.Attachments.length + mail.Inline.length, 0);
  const headers = await server.headers(mail.ID);
  assert.equal(headers['Auto-Submitted']?.[0] ?? 'auto-generated', 'auto-generated');
  assert.match(headers['Content-Type'][0], /multipart\/alternative/);
  const check = await server.read(`message/${mail.ID}/html-check`);
  assert.ok(check.Total.Supported >= 85, `${check.Total.Supported} % du HTML est montré par les messageries`);
  const links = await server.read(`message/${mail.ID}/link-check`);
  assert.equal(links.Links?.length ?? 0, 0);

  await page.getByRole('button', { name: /^Envoyer à \d+ personnes$/ }).click();
  await page.waitForURL('**/courriels?fait=envoye');
  const group = page.getByRole('article', { name: 'Séance du 12 mars' });
  assert.match(await group.innerText(), /encore \d+ minutes/);
  await group.getByRole('button', { name: 'Annuler l’envoi' }).click();
  await page.getByText('L’envoi est annulé').waitFor();
  assert.match(await page.locator('main').innerText(), /\d+ courriels ne partiront pas/);
  assert.deepEqual(errors, []);
  await close();
});

test('les pages des courriels sont accessibles et tiennent sur un téléphone', async () => {
  for (const [width, scheme] of [[1280, 'light'], [320, 'dark']]) {
    const { page, errors, close } = await asSecretary({ width, scheme });
    await write(page, `Une longue lettre d’information sur l’accueil du jeune enfant (${width})`);
    const look = async (what) => {
      assert.deepEqual(await violations(page), [], what);
      assert.equal(await overflow(page), 0, `${what} : plus large que la fenêtre de ${width}`);
    };
    await look('la liste des destinataires');
    await page.getByRole('button', { name: /^Envoyer à/ }).click();
    await page.waitForURL('**/courriels?fait=envoye');
    await look('la boîte d’envoi');
    for (const path of ['/courriels/nouveau', '/courriels/rappels', '/moi/rappels', '/courriels?etat=partis', '/desabonnement', '/demonstration/courriels']) {
      await page.goto(site.url + path);
      await look(path);
    }
    await page.getByRole('link', { name: 'Une longue lettre' }).first().click();
    await look('un courriel de la démonstration');
    assert.deepEqual(errors, []);
    await close();
  }
});

test('un rappel se lit d’avance, se met en pause et reprend', async () => {
  const { page, errors, close } = await asSecretary();
  await page.goto(`${site.url}/courriels/rappels`);
  await page.getByRole('link', { name: 'Noter l’adoption du schéma de Bondy' }).click();
  assert.match(await page.locator('main').innerText(), /3 jours avant l’échéance[\s\S]*Le lendemain de l’échéance/);
  await page.getByLabel('Raison').fill('séance du conseil reportée');
  await page.getByRole('button', { name: 'Mettre les rappels en pause' }).click();
  await page.getByText('Donnez le dernier jour de la pause.').waitFor();
  assert.equal(await page.getByLabel('Raison').inputValue(), 'séance du conseil reportée', 'rien de tapé ne se perd');
  assert.deepEqual(await violations(page), []);
  await page.getByLabel('Jusqu’au').fill(new Date(Date.now() + 5 * 86400_000).toISOString().slice(0, 10));
  await page.getByRole('button', { name: 'Mettre les rappels en pause' }).click();
  await page.getByRole('button', { name: 'Reprendre les rappels' }).waitFor();

  await stepInto(page, site.url, 'Coordination de Bondy'); // whose promise it is
  await page.goto(`${site.url}/moi/rappels`);
  assert.match(await page.getByRole('table').innerText(), /en pause jusqu’au/);
  await page.getByRole('link', { name: 'Noter l’adoption du schéma de Bondy' }).click();
  assert.match(await page.locator('main').innerText(), /En pause jusqu’au .*\s: séance du conseil reportée/);
  await page.getByRole('button', { name: 'Reprendre les rappels' }).click();
  await page.getByRole('button', { name: 'Mettre les rappels en pause' }).waitFor();

  await stepInto(page, site.url, 'Élu de Bondy'); // who is no part of it
  await page.goto(`${site.url}/moi/rappels`);
  assert.match(await page.locator('main').innerText(), /Aucun engagement n’attend de rappel/);
  assert.equal((await page.goto(`${site.url}/courriels/rappels`)).status(), 403);
  assert.deepEqual(errors.filter((e) => !/status of (403|422)/.test(e)), []);
  await close();
});

/** A request as a program sends it, to a site that believes to be at another address. */
function ask(url, host, { method = 'GET', path, form, cookie, headers = {} }) {
  return new Promise((done, failed) => {
    const body = form && new URLSearchParams(form).toString();
    const req = request(url + path, { method, headers: { Host: host, ...(cookie && { Cookie: cookie }), ...(body && { 'Content-Type': 'application/x-www-form-urlencoded' }), ...headers } }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (more) => { text += more; }).on('end', () => done({ status: res.statusCode, headers: res.headers, text }));
    });
    req.once('error', failed).end(body);
  });
}

test('un clic dans la messagerie désabonne, et l’envoi suivant dit pourquoi', async () => {
  const host = 'maillage.example';
  const port = await freePort();
  const other = await demonstration({ MAILLAGE_BASE_URL: `https://${host}` }, port);
  const url = `http://127.0.0.1:${port}`;
  try {
    const go = (options) => ask(url, host, options);
    const { text } = await go({ path: '/demonstration' });
    const account = text.match(/value="([^"]+)"><strong>Secrétariat</)[1];
    const entered = await go({ method: 'POST', path: '/demonstration', form: { compte: account } });
    const cookie = entered.headers['set-cookie'].map((c) => c.split(';')[0]).join('; ');
    const form = { groupe: 'tous', objet: 'La lettre de mars', texte: 'Bonjour.', lettre: 'oui' };
    assert.equal((await go({ method: 'POST', path: '/courriels/nouveau', cookie, form: { ...form, geste: 'essai' } })).status, 200);

    const mail = (await server.mails('secretariat@demonstration.example', 1)).find((m) => m.Subject === '[Essai] La lettre de mars')
      ?? (await server.mails('secretariat@demonstration.example', 2)).find((m) => m.Subject === '[Essai] La lettre de mars');
    const headers = await server.headers(mail.ID);
    assert.deepEqual(headers['List-Unsubscribe-Post'], ['List-Unsubscribe=One-Click']);
    const link = new URL(headers['List-Unsubscribe'][0].replace(/^<|>$/g, ''));
    assert.equal(link.origin, `https://${host}`);
    assert.doesNotMatch(link.href, /secretariat/);
    assert.ok(mail.Text.includes(link.href) && mail.HTML.includes('Ne plus recevoir ces courriels'));

    const path = link.pathname + link.search;
    assert.match((await go({ path })).text, /Rien n’est encore changé/);
    const click = { method: 'POST', path, form: { 'List-Unsubscribe': 'One-Click' } };
    assert.equal((await go({ ...click, headers: { Origin: 'https://ailleurs.example', 'Sec-Fetch-Site': 'cross-site' } })).status, 403);
    const done = await go(click); // as a mailbox does: no cookie, no Origin
    assert.equal(done.status, 200);
    assert.match(done.text, /s…@demonstration\.example ne recevra plus les lettres d’information/);

    const seen = await go({ method: 'POST', path: '/courriels/nouveau', cookie, form: { ...form, geste: 'voir' } });
    assert.match(seen.text, /Secrétariat s’est désinscrit de ces lettres/);
  } finally {
    await other.stop();
  }
});
