// SPDX-License-Identifier: EUPL-1.2

// A form keeps what was typed, in a real browser before a real server: through a reload, a
// server that is killed, a network that falls, a session that ends, two tabs, two accounts.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { complaints, launch, overflow, start, violations } from './browser.mjs';

const shots = process.env.SHOTS; // a folder: pictures are kept there
const folder = mkdtempSync(join(tmpdir(), 'maillage-brouillons-'));
const program = join(folder, 'essai');
let browser;

before(async () => {
  execFileSync('go', ['build', '-o', program, './internal/drafts/story']);
  browser = await launch();
  if (shots) mkdirSync(shots, { recursive: true });
});

after(async () => {
  await browser?.close();
  rmSync(folder, { recursive: true, force: true });
});

let serial = 0;

/** A server of its own over a fresh database, that can be killed and started again at the same address. */
async function serve() {
  const base = join(folder, `base-${++serial}.db`);
  let running = await start(program, ['-addr', '127.0.0.1:0', '-db', base]);
  const { url } = running;
  return {
    url,
    stop: () => running.stop(),
    kill: () => running.stop('SIGKILL'),
    restart: async () => {
      running = await start(program, ['-addr', new URL(url).host, '-db', base]);
    },
  };
}

/** A browser's context in which an account is signed in, on the form. */
async function enter(site, options = {}) {
  const { account = 'secrétariat', ...more } = options;
  const context = await browser.newContext({ locale: 'fr-FR', timezoneId: 'Europe/Paris', ...more });
  const page = await context.newPage();
  const errors = complaints(page);
  await signIn(site, page, account);
  return { context, page, errors, close: () => context.close() };
}

async function signIn(site, page, account) {
  await page.goto(`${site.url}/connexion`);
  await page.getByRole('button', { name: `Entrer comme ${account}` }).click();
  await ready(page, site);
}

/** Waits until the form of the page has met its draft. */
async function ready(page, site) {
  await page.waitForURL(`${site.url}/fiche`);
  await page.locator('.autosave-state').waitFor();
  await page.waitForLoadState('networkidle');
}

const state = (page) => page.locator('.autosave-state [role=status]');
const news = (page) => page.locator('.autosave-news');
const alarm = (page) => page.locator('.autosave-alarm');
const saved = (page) => page.waitForFunction(() => /^Enregistré à \d+\u00a0h\u00a0\d\d/.test(document.querySelector('.autosave-state [role=status]').textContent));
const keptHere = (page) => page.waitForFunction(() => document.querySelector('.autosave-state [role=status]').textContent.startsWith('Gardé sur cet appareil'));
const stored = (page) => page.evaluate(() => Object.entries(window.localStorage).filter(([name]) => name.startsWith('maillage.')));

async function fill(page, name, note) {
  await page.getByLabel('Nom').fill(name);
  await page.getByLabel('Thème').selectOption('qualite');
  await page.getByLabel('Réservé').check();
  await page.getByLabel('J’ai l’accord du maire').check();
  await page.getByLabel('Note').fill(note);
}

async function filled(page, name, note) {
  await page.waitForFunction((want) => document.querySelector('#nom').value === want, name);
  assert.equal(await page.getByLabel('Thème').inputValue(), 'qualite');
  assert.ok(await page.getByLabel('Réservé').isChecked());
  assert.ok(await page.getByLabel('J’ai l’accord du maire').isChecked());
  assert.equal(await page.getByLabel('Note').inputValue(), note);
}

async function story(name, body, options) {
  test(name, async () => {
    const site = await serve();
    const one = await enter(site, options);
    try {
      await body({ site, ...one });
    } finally {
      await one.close();
      await site.stop();
    }
  });
}

story('ce qui est tapé survit au rechargement, puis s\'en va une fois le formulaire accepté', async ({ site, page, errors }) => {
  assert.match(await state(page).textContent(), /gardé au fur et à mesure/);
  await fill(page, 'Crèche des Lilas', 'deux\nlignes');
  await saved(page);
  assert.match(await state(page).textContent(), /comme brouillon. Rien n’est encore envoyé/);
  await page.reload();
  await filled(page, 'Crèche des Lilas', 'deux\nlignes');
  assert.match(await news(page).textContent(), /Votre saisie \(\d+\sh\s\d\d\) a été reprise/);

  await page.getByLabel('Nom').fill('Crèche des Lilas, bis'); // reloaded at once: not even the pause
  await page.reload();
  await filled(page, 'Crèche des Lilas, bis', 'deux\nlignes');

  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.locator('.hist-line').first().waitFor();
  await ready(page, site);
  assert.equal(await page.getByLabel('Nom').inputValue(), 'Crèche des Lilas, bis');
  assert.equal(await news(page).textContent(), '');
  assert.deepEqual(await stored(page), []);
  await page.reload();
  await ready(page, site);
  assert.equal(await news(page).textContent(), '');
  assert.deepEqual(errors, []);
});

story('le serveur est tué pendant la saisie : elle reste ici, part quand il revient, et se retrouve ailleurs', async ({ site, page }) => {
  await fill(page, 'Avant', 'la panne');
  await saved(page);
  await site.kill();
  await page.getByLabel('Note').fill('pendant la panne');
  await keptHere(page);
  assert.match(await state(page).textContent(), /pas encore envoyé au service/);
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await alarm(page).getByText('Le formulaire n’est pas parti').waitFor();
  assert.match(await page.title(), /^⚠ /);
  assert.equal(await page.getByLabel('Note').inputValue(), 'pendant la panne');
  await site.restart();
  await saved(page);
  const elsewhere = await enter(site);
  await filled(elsewhere.page, 'Avant', 'pendant la panne');
  await elsewhere.close();
  await alarm(page).waitFor({ state: 'hidden' });
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.locator('.hist-line').first().waitFor();
  assert.equal(await page.getByLabel('Note').inputValue(), 'pendant la panne');
});

story('sans réseau : gardé sur cet appareil, même page fermée, puis envoyé', async ({ site, context, page }) => {
  await context.setOffline(true);
  await fill(page, 'Tunnel', 'sous terre');
  await keptHere(page);
  assert.equal((await alarm(page).textContent()), '');
  const closed = page.waitForEvent('close');
  await page.close({ runBeforeUnload: true });
  await closed;
  await context.setOffline(false);
  const again = await context.newPage();
  await again.goto(`${site.url}/fiche`);
  await filled(again, 'Tunnel', 'sous terre');
  await saved(again);
  await context.setOffline(true);
  await again.getByLabel('Note').fill('encore');
  await keptHere(again);
  await context.setOffline(false);
  await saved(again);
});

story('session expirée : le texte attend la reconnexion, à la frappe comme à l\'envoi', async ({ context, page }) => {
  await fill(page, 'Longue saisie', 'une heure de travail');
  await saved(page);
  await context.clearCookies();
  await page.getByLabel('Note').fill('une heure et demie');
  await alarm(page).getByText('Votre session est terminée').waitFor();
  if (shots) await page.screenshot({ path: `${shots}/session.png` });
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.waitForFunction(() => document.querySelector('.autosave-state [role=status]').textContent.startsWith('Gardé'));
  assert.equal(new URL(page.url()).pathname, '/fiche');
  await alarm(page).getByRole('link', { name: /Se (re)?connecter/ }).click();
  await page.getByRole('button', { name: 'Entrer comme secrétariat' }).click();
  await filled(page, 'Longue saisie', 'une heure et demie');
  await saved(page);
});

story('seconde preuve demandée : la barre dit laquelle et y mène', async ({ page }) => {
  await page.route('**/brouillons', (route) => route.fulfill({ status: 403, contentType: 'text/html; charset=utf-8',
    body: '<main><h1>Seconde preuve nécessaire</h1><p class="lead">Cette fonction demande une seconde preuve.</p><p><a class="button" href="/connexion/second-facteur?retour=%2Ffiche">Donner la seconde preuve</a></p></main>' }));
  await page.getByLabel('Nom').fill('Prouvé');
  await alarm(page).getByText('Cette fonction demande une seconde preuve').waitFor();
  assert.equal(await alarm(page).getByRole('link', { name: 'Donner la seconde preuve' }).getAttribute('href'), '/connexion/second-facteur?retour=%2Ffiche');
});

story('envoi refusé par la garde sans que le script ait pu le voir : le texte est là après la connexion', async ({ site, context, page }) => {
  await fill(page, 'Envoi', 'natif');
  await saved(page);
  await context.clearCookies();
  await page.evaluate(() => document.querySelector('form[data-autosave]').submit()); // no submit event: straight to the server
  await page.getByRole('link', { name: 'Se connecter' }).last().click();
  await page.getByRole('button', { name: 'Entrer comme secrétariat' }).click();
  await ready(page, site);
  await filled(page, 'Envoi', 'natif');
});

story('deux onglets : la plus récente l\'emporte, et cela se voit', async ({ site, context, page }) => {
  const second = await context.newPage();
  await second.goto(`${site.url}/fiche`);
  await ready(second, site);
  await page.bringToFront();
  await fill(page, 'Premier', 'onglet un');
  await saved(page);
  await second.bringToFront();
  await second.getByText('Ce formulaire est aussi ouvert dans un autre onglet').waitFor();
  await second.getByLabel('Nom').fill('Second');
  await saved(second);
  await second.getByText('Un autre onglet ou un autre appareil avait gardé une saisie différente').waitFor();
  await page.bringToFront();
  await page.getByText('Ce formulaire est aussi ouvert dans un autre onglet').waitFor();
  assert.equal(await page.getByLabel('Nom').inputValue(), 'Premier');
  await second.bringToFront();
  await second.getByRole('button', { name: 'Reprendre l’autre saisie' }).click();
  await filled(second, 'Premier', 'onglet un');
  await second.getByRole('button', { name: 'Reprendre l’autre saisie' }).click(); // and back
  await second.waitForFunction(() => document.querySelector('#nom').value === 'Second');
});

story('deux appareils : rien ne se remplace sans le dire', async ({ site, page }) => {
  const other = await enter(site);
  await fill(page, 'Bureau', 'au bureau');
  await saved(page);
  await other.page.getByLabel('Nom').fill('Téléphone');
  await other.page.getByText('avait gardé une saisie différente').waitFor();
  await saved(other.page);
  await other.page.getByRole('button', { name: 'Reprendre l’autre saisie' }).click();
  await filled(other.page, 'Bureau', 'au bureau');
  await other.page.getByRole('button', { name: 'Enregistrer' }).click();
  await other.page.locator('.hist-line').first().waitFor();
  await page.getByLabel('Note').fill('après l’envoi de l’autre');
  await page.getByText('Ce formulaire a été envoyé depuis un autre onglet ou un autre appareil').waitFor();
  await other.close();
});

story('repartir de la version enregistrée', async ({ site, context, page }) => {
  await fill(page, 'Lilas', 'v1');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.locator('.hist-line').first().waitFor();
  await page.getByLabel('Nom').fill('Autre');
  await saved(page);
  await page.reload();
  await page.getByRole('button', { name: 'Repartir de la version enregistrée' }).click();
  await page.getByText('Cette page montre la version enregistrée').waitFor();
  assert.equal(await page.getByLabel('Nom').inputValue(), 'Lilas');
  await page.reload();
  await page.getByRole('button', { name: 'Reprendre la saisie écartée' }).click();
  assert.equal(await page.getByLabel('Nom').inputValue(), 'Autre');
  await saved(page);

  await page.reload();
  await page.getByText('a été reprise').waitFor();
  await context.setOffline(true); // without network too
  await page.getByRole('button', { name: 'Repartir de la version enregistrée' }).click();
  await page.getByText('Cette page montre la version enregistrée').waitFor();
  assert.equal(await page.getByLabel('Nom').inputValue(), 'Lilas');
  await context.setOffline(false);
  await page.reload();
  await page.getByText('Cette page montre la version enregistrée').waitFor();
  assert.equal(await page.getByLabel('Nom').inputValue(), 'Lilas');
  const there = await (await context.request.get(`${site.url}/brouillons/fiche/1`)).json();
  assert.equal(there.values, undefined);
});

story('un formulaire renvoyé à corriger garde tout, et le dit encore après un rechargement', async ({ site, page }) => {
  await page.getByLabel('Note').fill('sans nom');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.getByText('Donnez un nom').waitFor();
  assert.equal(await page.getByLabel('Note').inputValue(), 'sans nom');
  assert.equal(await news(page).textContent(), '');
  await page.goto(`${site.url}/fiche`);
  await page.getByText('a été reprise').waitFor();
  assert.equal(await page.getByLabel('Note').inputValue(), 'sans nom');
});

story('mots de passe, codes et fichiers ne sont gardés nulle part, et la page le dit des fichiers', async ({ page }) => {
  const bodies = [];
  page.on('request', (r) => r.url().includes('/brouillons') && r.postData() && bodies.push(r.postData()));
  await page.getByLabel('Mot de passe').fill('Secret-1');
  await page.getByLabel('Code reçu').fill('424242');
  await page.getByLabel('Pièce jointe').setInputFiles({ name: 'piece-secrete.txt', mimeType: 'text/plain', buffer: Buffer.from('contenu') });
  await page.getByLabel('Nom').fill('Visible');
  await saved(page);
  const everything = JSON.stringify([bodies, await stored(page)]);
  assert.match(everything, /Visible/);
  assert.doesNotMatch(everything, /Secret-1|424242|piece-secrete/);
  assert.match(await page.locator('.autosave-state').textContent(), /Les fichiers choisis ne sont pas gardés/);
});

story('une autre personne sur la même machine ne voit rien ; partir efface tout', async ({ site, context, page }) => {
  await fill(page, 'À moi seul', 'secret');
  await saved(page);
  await context.clearCookies(); // the session ends without leaving
  await signIn(site, page, 'agent');
  assert.equal(await page.getByLabel('Nom').inputValue(), '');
  assert.doesNotMatch(JSON.stringify(await stored(page)), /À moi seul/);
  await page.getByLabel('Nom').fill('Agent');
  await saved(page);
  assert.equal((await stored(page)).length, 1);
  await page.route('**/deconnexion', (route) => route.fulfill({ status: 204 })); // the page stays
  await page.locator('.account summary').click();
  await page.getByRole('button', { name: 'Se déconnecter' }).click();
  assert.deepEqual(await stored(page), []); // without the service's help
  await page.unroute('**/deconnexion');
  await page.goto(`${site.url}/fiche`);
  await page.locator('.account summary').click();
  await page.getByRole('button', { name: 'Se déconnecter' }).click();
  await page.waitForURL('**/connexion');
  assert.deepEqual(await stored(page), []);
  await page.getByRole('button', { name: 'Entrer comme secrétariat' }).click();
  await filled(page, 'À moi seul', 'secret');
});

story('partir d\'une page sans formulaire efface aussi : le service le demande au navigateur', async ({ site, page }) => {
  await page.getByLabel('Nom').fill('Reste');
  await saved(page);
  await page.goto(`${site.url}/historique`);
  await page.locator('.account summary').click();
  await page.getByRole('button', { name: 'Se déconnecter' }).click();
  await page.waitForURL('**/connexion');
  assert.deepEqual(await stored(page), []);
});

test('un visiteur ne stocke rien, et le formulaire marche sans script', async () => {
  const site = await serve();
  const context = await browser.newContext();
  const page = await context.newPage();
  await page.goto(`${site.url}/publique`);
  await page.getByLabel('Nom').fill('Visiteur');
  await page.waitForLoadState('networkidle');
  assert.equal(await page.locator('.autosave-state').count(), 0);
  assert.equal(await page.evaluate(() => window.localStorage.length + window.sessionStorage.length + document.cookie.length), 0);
  await context.close();

  const plain = await browser.newContext({ javaScriptEnabled: false });
  const bare = await plain.newPage();
  await bare.goto(`${site.url}/connexion`);
  await bare.getByRole('button', { name: 'Entrer comme secrétariat' }).click();
  await bare.getByLabel('Nom').fill('Sans script');
  await bare.getByRole('button', { name: 'Enregistrer' }).click();
  await bare.locator('.hist-line').waitFor();
  assert.equal(await bare.getByLabel('Nom').inputValue(), 'Sans script');
  await bare.getByRole('button', { name: /^Annuler/ }).click();
  await bare.waitForURL('**/fiche#historique');
  assert.equal(await bare.getByLabel('Nom').inputValue(), '');
  await plain.close();
  await site.stop();
});

story('page fermée aussitôt : le dernier mot part quand même au service', async ({ site, context, page }) => {
  await page.getByLabel('Nom').fill('Dernier mot');
  const closed = page.waitForEvent('close');
  await page.close({ runBeforeUnload: true });
  await closed;
  const kept = async () => (await (await context.request.get(`${site.url}/brouillons/fiche/1`)).json()).values?.nom?.[0];
  for (let n = 0; n < 100 && await kept() !== 'Dernier mot'; n++) await new Promise((next) => setTimeout(next, 50));
  assert.equal(await kept(), 'Dernier mot');
});

story('ni appareil ni service : la page dit de copier le texte, et ne se quitte pas sans le demander', async ({ page }) => {
  await page.evaluate(() => {
    window.Storage.prototype.setItem = () => {
      throw new Error('plein');
    };
  });
  await page.route('**/brouillons', (route) => route.abort());
  await page.getByLabel('Nom').fill('Nulle part');
  await alarm(page).getByText('copiez votre texte').waitFor();
  const asked = page.waitForEvent('dialog');
  const closing = page.close({ runBeforeUnload: true });
  assert.equal((await asked).type(), 'beforeunload');
  await (await asked).dismiss();
  await closing;
  assert.equal(await page.getByLabel('Nom').inputValue(), 'Nulle part');
});

story('un enregistrement qui échoue ne peut pas être manqué', async ({ page }) => {
  await page.route('**/brouillons', (route) => route.fulfill({ status: 500, body: 'panne' }));
  await page.getByLabel('Nom').fill('Perdu ?');
  await alarm(page).getByText('Votre saisie n’est pas enregistrée').waitFor();
  assert.equal(await alarm(page).getAttribute('role'), 'alert');
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
  assert.ok(await alarm(page).evaluate((e) => e.getBoundingClientRect().top < window.innerHeight && e.getBoundingClientRect().bottom > 0), 'la barre a quitté la fenêtre');
  await page.unroute('**/brouillons');
  await alarm(page).getByRole('button', { name: 'Réessayer' }).click();
  await saved(page);
  assert.equal(await alarm(page).textContent(), '');
  assert.doesNotMatch(await page.title(), /⚠/);
});

for (const scheme of ['light', 'dark']) {
  for (const width of [320, 1280]) {
    story(`axe ne trouve rien et rien ne dépasse, ${width} px, ${scheme}`, async ({ site, page }) => {
      const look = async (name) => {
        if (shots) await page.screenshot({ path: `${shots}/brouillon-${name}-${width}-${scheme}.png`, fullPage: true });
        assert.deepEqual(await violations(page), [], name);
        assert.equal(await overflow(page), 0, `${name} défile de côté`);
      };
      await fill(page, 'Lilas', 'mot'.repeat(200));
      await page.getByRole('button', { name: 'Enregistrer' }).click();
      await page.locator('.hist-line').first().waitFor();
      await page.getByLabel('Note').fill('autre');
      await saved(page);
      await page.reload();
      await page.getByText('a été reprise').waitFor();
      await look('repris');
      await page.route('**/brouillons', (route) => route.fulfill({ status: 500, body: 'panne' }));
      await page.getByLabel('Nom').fill('X');
      await alarm(page).getByText('n’est pas enregistrée').waitFor();
      await look('alarme');
      await page.emulateMedia({ media: 'print' });
      assert.ok(await alarm(page).isHidden());
      await page.emulateMedia({ media: 'screen' });
      await page.unroute('**/brouillons');
      await alarm(page).getByRole('button', { name: 'Réessayer' }).click();
      await saved(page);
      await page.goto(`${site.url}/historique`);
      await look('historique');
      await page.locator('.hist-head a').first().click();
      await look('geste');
      await page.goto(`${site.url}/fiche`);
      await page.getByRole('button', { name: 'Enregistrer' }).click(); // a second change of the same fields
      await page.locator('.hist-line').nth(1).waitFor();
      await page.locator('.hist-line').nth(1).getByRole('button', { name: /^Annuler/ }).click();
      await page.getByRole('heading', { name: 'Une valeur a changé depuis' }).waitFor();
      await look('conflit');
      await page.getByRole('button', { name: 'Annuler quand même' }).click();
      await page.locator('.hist-line').nth(2).waitFor();
      assert.equal(await page.getByLabel('Nom').inputValue(), '');
    }, { viewport: { width, height: 800 }, colorScheme: scheme });
  }
}
