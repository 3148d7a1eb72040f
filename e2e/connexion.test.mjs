// SPDX-License-Identifier: EUPL-1.2

// Signing in, in a real browser, with a real mail server (mailpit) that the mails are read from.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { complaints, launch, overflow, violations } from './browser.mjs';

const folder = mkdtempSync(join(tmpdir(), 'maillage-connexion-'));
const person = { given: 'Camille', family: 'Durand', mail: 'camille.durand@departement.example' };
let mails;
let site;
let first; // address of the first access
let browser;
let paper; // codes de secours de la personne
let proved; // une page dont la session vient de donner sa seconde preuve

/** A port that nobody listens on. */
function freePort() {
  return new Promise((done, failed) => {
    const server = createServer().once('error', failed).listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => done(port));
    });
  });
}

/** Asks until the answer is there: the programs tell no other way that they are ready. */
async function until(what, ask, most = 60_000) {
  const limit = Date.now() + most;
  for (;;) {
    const got = await ask().catch(() => undefined);
    if (got) return got;
    if (Date.now() > limit) throw new Error(`${what} : rien en ${most / 1000} s`);
    await new Promise((next) => setTimeout(next, 50));
  }
}

/** The mail server: `{ smtp, api, stop }`. */
async function mailpit() {
  const [smtp, http] = [await freePort(), await freePort()];
  const child = spawn('go', ['tool', '-modfile=tools/essais/go.mod', 'mailpit', '--smtp', `127.0.0.1:${smtp}`, '--listen', `127.0.0.1:${http}`,
    '--disable-version-check', '--quiet', '--database', join(folder, 'mailpit.db')], { stdio: 'ignore', detached: true });
  const api = `http://127.0.0.1:${http}/api/v1`;
  await until('mailpit', async () => (await fetch(`${api}/messages`)).ok, 600_000); // the first time it is compiled
  return { smtp, api, stop: () => new Promise((done) => {
    child.once('exit', done);
    process.kill(-child.pid, 'SIGTERM');
  }) };
}

/** The next mail to an address, which is then removed. */
async function nextMail(to) {
  return until(`courriel à ${to}`, async () => {
    const { messages } = await (await fetch(`${mails.api}/search?query=${encodeURIComponent(`to:"${to}"`)}`)).json();
    if (!messages.length) return undefined;
    const mail = await (await fetch(`${mails.api}/message/${messages[0].ID}`)).json();
    await fetch(`${mails.api}/messages`, { method: 'DELETE', body: JSON.stringify({ IDs: [mail.ID] }) });
    return { ...mail, code: mail.Text.match(/\b(\d{3})[\s\u00a0\u202f](\d{3})\b/)?.slice(1).join(''), link: mail.Text.match(/https?:\S+\/connexion\/lien\/[A-Z2-7]+/)?.[0] };
  });
}

/** Starts the service, waits for the address of the first access, and resolves to what stops it. */
async function serve(url) {
  const child = spawn('./maillage', ['serve', '--addr', new URL(url).host, '--dir', join(folder, 'service')], {
    stdio: ['ignore', 'pipe', 'ignore'],
    env: { ...process.env, MAILLAGE_BASE_URL: url, MAILLAGE_SMTP_URL: `smtp://127.0.0.1:${mails.smtp}?chiffrement=sans`, MAILLAGE_COURRIEL_EXPEDITEUR: 'maillage@departement.example' },
  });
  createInterface({ input: child.stdout }).on('line', (line) => {
    first ??= line.match(/https?:\S+\/premier-acces\?jeton=\S+/)?.[0];
  });
  await until('adresse du premier accès', async () => first);
  return () => new Promise((done) => {
    child.once('exit', done).kill('SIGINT');
  });
}

before(async () => {
  mails = await mailpit();
  const url = `http://localhost:${await freePort()}`;
  site = { url, stop: await serve(url) };
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
  await mails?.stop();
});

async function open(path, { width = 1280, ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, locale: 'fr-FR', ...more });
  const page = await context.newPage();
  const errors = complaints(page);
  await page.goto(path.startsWith('http') ? path : site.url + path);
  return { page, context, errors, close: () => context.close() };
}

/** Asks for a mail and returns it. */
async function ask(page, mail = person.mail) {
  await page.getByLabel('Adresse professionnelle').fill(mail);
  await page.getByRole('button', { name: 'Recevoir un code' }).click();
  await page.waitForURL('**/connexion/code');
  return nextMail(mail);
}

test('la première personne devient administratrice par l\'adresse que le service affiche, une seule fois', async () => {
  const { page, errors, close } = await open(first);
  await page.getByLabel('Prénom').fill(person.given);
  await page.getByLabel('Nom', { exact: true }).fill(person.family);
  await page.getByLabel('Adresse professionnelle').fill(person.mail);
  await page.getByLabel('Nom de l\u2019organisation').fill('Département de la Seine-Saint-Denis');
  await page.getByRole('button', { name: 'Devenir administrateur' }).click();
  await page.waitForURL('**/moi/second-facteur*');
  assert.match(await page.locator('.account-name').innerText(), /Camille Durand/);
  assert.deepEqual(errors, []);
  assert.equal((await page.goto(first)).status(), 410);
  await close();
});

test('on entre par le code du courriel, et l\'on va où l\'on allait', async () => {
  const { page, errors, context, close } = await open('/connexion?retour=/territoires/93010');
  assert.equal((await context.cookies()).length, 0, 'un visiteur n\'a aucun cookie');
  const mail = await ask(page);
  assert.match(mail.Text, /Chrome sur Linux/);
  assert.ok(mail.link.startsWith(site.url));
  await page.getByLabel('Code à six chiffres').fill(mail.code === '000000' ? '000001' : '000000');
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.getByText('Il vous reste 4 essais').waitFor();
  await page.getByLabel('Code à six chiffres').fill(`${mail.code.slice(0, 3)} ${mail.code.slice(3)}`);
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.waitForURL('**/territoires/93010');
  assert.match(await page.locator('.account-name').innerText(), /Camille Durand/);
  assert.deepEqual((await context.cookies()).map((c) => [c.name, c.httpOnly, c.sameSite]), [['maillage', true, 'Lax']]);
  assert.deepEqual(errors.filter((e) => !e.includes('422')), []);
  await close();
});

test('le lien ne connecte que le navigateur qui a demandé, et il y faut un geste', async () => {
  const asking = await open('/connexion');
  const mail = await ask(asking.page);
  const phone = await open(mail.link, { width: 390 });
  assert.equal(await phone.page.locator('main form').count(), 0);
  assert.equal((await phone.page.locator('.door-digits').innerText()).replaceAll(/\s/g, ''), mail.code);
  assert.equal((await phone.context.cookies()).length, 0);
  assert.deepEqual(await violations(phone.page), []);
  await phone.close();
  const tab = await asking.context.newPage();
  await tab.goto(mail.link);
  assert.equal(await tab.locator('.account-name').count(), 0, 'ouvrir le lien ne connecte pas');
  await tab.getByRole('button', { name: 'Me connecter' }).click();
  await tab.waitForURL(`${site.url}/`);
  assert.match(await tab.locator('.account-name').innerText(), /Camille Durand/);
  await tab.goto(mail.link);
  await tab.getByText('Déjà utilisé').waitFor();
  await asking.close();
});

test('une adresse inconnue reçoit la même réponse, et aucun courriel', async () => {
  const { page, close } = await open('/connexion');
  await page.getByLabel('Adresse professionnelle').fill('personne@ailleurs.example');
  await page.getByRole('button', { name: 'Recevoir un code' }).click();
  await page.waitForURL('**/connexion/code');
  await page.getByText('Si personne@ailleurs.example est l\u2019adresse d\u2019un compte').waitFor();
  const { messages } = await (await fetch(`${mails.api}/search?query=${encodeURIComponent('to:"personne@ailleurs.example"')}`)).json();
  assert.equal(messages.length, 0);
  await close();
});

test('les pages de connexion tiennent sur un téléphone et sont accessibles', async () => {
  for (const width of [320, 390, 1280]) {
    const { page, errors, close } = await open('/connexion', { width });
    assert.equal(await overflow(page), 0);
    assert.deepEqual(await violations(page), []);
    await page.getByLabel('Adresse professionnelle').fill('pas une adresse');
    await page.getByRole('button', { name: 'Recevoir un code' }).click();
    await page.getByText('Cette adresse n\u2019est pas complète').waitFor();
    assert.deepEqual(await violations(page), []);
    await page.getByLabel('Adresse professionnelle').fill(`essai.${width}@ailleurs.example`);
    await page.getByRole('button', { name: 'Recevoir un code' }).click();
    await page.waitForURL('**/connexion/code');
    assert.equal(await overflow(page), 0);
    assert.deepEqual(await violations(page), []);
    if (process.env.CAPTURES) await page.screenshot({ path: join(process.env.CAPTURES, `code-${width}.png`), fullPage: true });
    await page.goto(`${site.url}/connexion`);
    if (process.env.CAPTURES) await page.screenshot({ path: join(process.env.CAPTURES, `connexion-${width}.png`), fullPage: true });
    assert.deepEqual(errors.filter((e) => !e.includes('422')), []);
    await close();
  }
});

/** An authenticator that verifies its user, made by the browser itself (CDP). */
async function authenticator(page) {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send('WebAuthn.enable');
  const { authenticatorId } = await cdp.send('WebAuthn.addVirtualAuthenticator', {
    options: { protocol: 'ctap2', transport: 'internal', hasResidentKey: true, hasUserVerification: true, isUserVerified: true, automaticPresenceSimulation: true },
  });
  return {
    count: async () => (await cdp.send('WebAuthn.getCredentials', { authenticatorId })).credentials.length,
    verify: (isUserVerified) => cdp.send('WebAuthn.setUserVerified', { authenticatorId, isUserVerified }),
  };
}

test('une clé d\'accès s\'ajoute, se nomme, connecte sans courriel et vaut seconde preuve', async () => {
  const { page, context, errors, close } = await open('/connexion?retour=/moi/cles');
  const device = await authenticator(page);
  const mail = await ask(page);
  await page.getByLabel('Code à six chiffres').fill(mail.code);
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.waitForURL('**/moi/cles');
  await page.getByLabel('Nom de la clé').fill('Ordinateur du bureau');
  await page.getByRole('button', { name: 'Ajouter une clé d\u2019accès' }).click();
  await page.getByRole('heading', { name: 'Codes de secours' }).waitFor();
  paper = await page.locator('.account-codes li').allInnerTexts();
  assert.equal(paper.length, 10);
  assert.equal(await device.count(), 1);
  const notice = await nextMail(person.mail);
  assert.match(notice.Subject, /clé d.accès a été ajoutée/);
  await page.getByRole('link', { name: 'Je les ai gardés' }).click();
  await page.goto(`${site.url}/moi/cles`);
  await page.getByText('Ordinateur du bureau').first().waitFor();
  await page.getByRole('group').filter({ hasText: 'Renommer' }).locator('summary').click();
  await page.getByLabel('Nouveau nom').fill('Portable');
  await page.getByRole('button', { name: 'Renommer' }).click();
  await page.getByRole('heading', { name: 'Portable' }).waitFor();

  await page.locator('.account summary').click();
  await page.getByRole('button', { name: 'Se déconnecter' }).click();
  await page.waitForURL(`${site.url}/`);
  assert.equal((await context.cookies()).length, 0);
  await page.goto(`${site.url}/connexion?retour=/moi/appareils`);
  await device.verify(false);
  await page.getByRole('button', { name: 'Utiliser une clé d\u2019accès' }).click();
  await page.getByRole('alert').filter({ hasText: 'annulée' }).waitFor();
  await device.verify(true);
  await page.getByRole('button', { name: 'Utiliser une clé d\u2019accès' }).click();
  await page.waitForURL('**/moi/appareils');
  await page.getByText('Connecté par clé d\u2019accès').waitFor();
  await page.getByText('Seconde preuve donnée').waitFor();
  assert.deepEqual(errors, []);
  for (const path of ['/moi/appareils', '/moi/cles', '/moi/second-facteur', '/moi']) { // last: it takes the authenticator away
    for (const width of [1280, 320]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(site.url + path);
      assert.equal(await overflow(page), 0, `${path} à ${width} px`);
      assert.deepEqual(await violations(page), []);
      if (process.env.CAPTURES) await page.screenshot({ path: join(process.env.CAPTURES, `${path.replaceAll('/', '-')}-${width}.png`), fullPage: true });
    }
  }
  await close();
});

test('une fonction forte demande la seconde preuve, et une session se ferme à distance', async () => {
  const { page, close } = await open('/connexion?retour=/moi');
  const mail = await ask(page);
  await page.getByLabel('Code à six chiffres').fill(mail.code);
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.waitForURL('**/moi');
  await page.goto(`${site.url}/observatoire/indicateurs/nouveau`);
  await page.waitForURL('**/connexion/second-facteur?retour=*');
  await page.getByRole('heading', { name: 'Confirmez que c\u2019est bien vous' }).waitFor();
  assert.deepEqual(await violations(page), []);
  if (process.env.CAPTURES) await page.screenshot({ path: join(process.env.CAPTURES, 'preuve-1280.png'), fullPage: true });
  const other = await open('/connexion?retour=/moi/appareils');
  const second = await ask(other.page);
  await other.page.getByLabel('Code à six chiffres').fill(second.code);
  await other.page.getByRole('button', { name: 'Se connecter' }).click();
  await other.page.waitForURL('**/moi/appareils');
  await other.page.getByRole('button', { name: 'Fermer toutes les autres sessions' }).click();
  await other.page.getByText('C\u2019est fait').waitFor();
  await page.goto(`${site.url}/moi`);
  assert.match(page.url(), /\/connexion\?retour=%2Fmoi$/);
  await other.close();
  await close();
});

/** What an authenticator shows now for a secret in base32 (RFC 6238). */
function totp(secret, step = Math.floor(Date.now() / 30_000)) {
  const bits = [...secret.replaceAll(' ', '')].map((c) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(c).toString(2).padStart(5, '0')).join('');
  const key = Buffer.from(bits.match(/.{8}/g).map((b) => Number.parseInt(b, 2)));
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', key).update(counter).digest();
  const at = mac[19] & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('une application de codes s\'ajoute, et ouvre ce que la fonction demande', async () => {
  const { page, errors, close } = await open('/connexion?retour=/moi/second-facteur');
  const device = await authenticator(page);
  assert.equal(await device.count(), 0);
  const mail = await ask(page);
  await page.getByLabel('Code à six chiffres').fill(mail.code);
  await page.getByRole('button', { name: 'Se connecter' }).click();
  await page.waitForURL('**/moi/second-facteur');
  await page.getByRole('button', { name: 'Ajouter une application de codes' }).click();
  await page.getByRole('heading', { name: 'Confirmez' }).waitFor(); // a passkey is there: it must be shown first
  await page.getByRole('link', { name: 'Donner la seconde preuve' }).click();
  await page.locator('details summary', { hasText: 'sous la main' }).click();
  await page.getByLabel('Code de secours').fill(paper[0]);
  await page.getByRole('button', { name: 'Utiliser ce code' }).click();
  await page.waitForURL('**/moi/second-facteur');
  await page.getByRole('button', { name: 'Ajouter une application de codes' }).click();
  await page.getByRole('img', { name: /Code QR/ }).waitFor();
  await page.getByText('Je ne peux pas photographier').click();
  const secret = await page.locator('.account-secret').innerText();
  if (process.env.CAPTURES) await page.screenshot({ path: join(process.env.CAPTURES, 'application-1280.png'), fullPage: true });
  assert.deepEqual(await violations(page), []);
  await page.getByLabel('Code affiché par l\u2019application').fill(totp(secret));
  await page.getByRole('button', { name: 'Ajouter l\u2019application' }).click();
  await page.waitForURL('**/moi/second-facteur');
  await page.getByText('active').waitFor();
  await page.goto(`${site.url}/observatoire/indicateurs/nouveau`);
  assert.equal(new URL(page.url()).pathname, '/observatoire/indicateurs/nouveau');
  assert.deepEqual(errors.filter((e) => !e.includes('403')), []);

  await page.goto(`${site.url}/moi`);
  for (const link of await page.locator('main .account-sections a').all()) {
    const answer = await page.context().request.get(site.url + await link.getAttribute('href'));
    assert.equal(answer.status(), 200, await link.getAttribute('href'));
  }
  proved = { page, close };
});

test('on change d\'adresse par un code, et l\'ancienne peut l\'arrêter', async () => {
  const { page, close } = proved; // who may change it has just proved who they are
  await page.goto(`${site.url}/moi/adresse`);
  await page.getByLabel('Nouvelle adresse professionnelle').fill('camille.durand@caf.example');
  await page.getByRole('button', { name: 'Recevoir un code' }).click();
  const code = (await nextMail('camille.durand@caf.example')).code;
  assert.deepEqual(await violations(page), []);
  await page.getByLabel('Code à six chiffres').fill(code);
  await page.getByRole('button', { name: 'Confirmer' }).click();
  await page.getByText('Les prochains courriels iront à camille.durand@caf.example').waitFor();
  const notice = await nextMail(person.mail);
  await page.goto(notice.Text.match(/https?:\S+\/connexion\/adresse\/[A-Z2-7]+/)[0]);
  assert.deepEqual(await violations(page), []);
  await page.getByLabel('Ce n\u2019est pas moi qui ai changé l\u2019adresse').check();
  await page.getByRole('button', { name: 'Remettre l\u2019ancienne adresse' }).click();
  await page.getByText('L\u2019ancienne adresse est remise').waitFor();
  await close();
});
