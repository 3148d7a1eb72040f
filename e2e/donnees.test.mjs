// SPDX-License-Identifier: EUPL-1.2

// Personal data in a real browser: a visitor leaves with nothing in their browser, a person takes
// a copy of what is known of them, and whoever is erased is gone, from the file too.

import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { complaints, launch, overflow, start, stepInto, violations } from './browser.mjs';

const folder = mkdtempSync(join(tmpdir(), 'maillage-donnees-'));
const dir = join(folder, 'demo');
const GONE = 'recherche@demonstration.example';

let site;
let browser;

before(async () => {
  site = await start('./maillage', ['demo', '--addr', 'localhost:0', '--dir', dir], { stdio: ['ignore', 'pipe', 'ignore'] });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function visitor(options = {}) {
  const context = await browser.newContext({ locale: 'fr-FR', reducedMotion: 'reduce', acceptDownloads: true, ...options });
  const page = await context.newPage();
  return { context, page, errors: complaints(page) };
}

/** Everything a site can leave in a browser, as the page itself and the browser see it. */
async function left({ context, page }) {
  const seen = await page.evaluate(async () => ({
    cookie: document.cookie,
    local: Object.keys(window.localStorage),
    session: Object.keys(window.sessionStorage),
    databases: (await window.indexedDB.databases()).map((d) => d.name),
    caches: 'caches' in window ? await window.caches.keys() : [],
    workers: navigator.serviceWorker ? (await navigator.serviceWorker.getRegistrations()).length : 0,
  }));
  const state = await context.storageState({ indexedDB: true });
  return { ...seen, cookies: state.cookies, origins: state.origins };
}

const nothing = { cookie: '', local: [], session: [], databases: [], caches: [], workers: 0, cookies: [], origins: [] };

const publicPages = ['/', '/territoires', '/territoires?q=bondy', '/territoires/93010', '/territoires/contours', '/observatoire', '/observatoire/indicateurs', '/obligations',
  '/obligations/93010', '/obligations/regles', '/sources', '/accessibilite', '/a-propos', '/actes', '/actes/verifier', '/donnees-personnelles', '/connexion', '/demonstration', '/nulle-part'];

test('un visiteur repart sans rien : ni cookie, ni stockage, ni origine tierce', async () => {
  const v = await visitor();
  const cookies = [];
  const elsewhere = [];
  v.page.on('request', (r) => {
    if (!r.url().startsWith(site.url) && !r.url().startsWith('data:') && !r.url().startsWith('blob:')) elsewhere.push(r.url());
  });
  const heads = [];
  v.page.on('response', (r) => heads.push(r.headersArray().then((all) => {
    for (const h of all) if (h.name.toLowerCase() === 'set-cookie') cookies.push(`${r.url()} : ${h.value}`);
  })));
  for (const path of publicPages) {
    const answer = await v.page.goto(site.url + path, { waitUntil: 'networkidle' });
    assert.equal(answer.status(), path === '/nulle-part' ? 404 : 200, path);
    assert.deepEqual(await left(v), nothing, path);
  }
  await v.page.goto(`${site.url}/territoires`);
  await v.page.getByRole('searchbox').first().fill('Saint-Denis'); // the suggestions too
  await v.page.waitForLoadState('networkidle');
  assert.deepEqual(await left(v), nothing, 'après une recherche');
  await Promise.allSettled(heads);
  assert.deepEqual(cookies, []);
  assert.deepEqual(elsewhere, []);
  await v.context.close();
});

test('la page publique dit ce qui est gardé, tient sur un téléphone et se lit sans script', async () => {
  for (const options of [{ viewport: { width: 320, height: 700 } }, { javaScriptEnabled: false }]) {
    const v = await visitor(options);
    await v.page.goto(site.url);
    await v.page.getByRole('navigation', { name: 'Pied de page' }).getByRole('link', { name: 'Données personnelles' }).click();
    await v.page.getByRole('heading', { level: 1, name: 'Vos données personnelles' }).waitFor();
    await v.page.getByRole('heading', { name: 'Connexion et sécurité des comptes' }).waitFor();
    if (options.viewport) {
      assert.equal(await overflow(v.page), 0);
      assert.deepEqual(await violations(v.page), []);
    }
    assert.deepEqual(v.errors, []);
    await v.context.close();
  }
});

test('une personne connectée télécharge tout ce que le service sait d\'elle', async () => {
  const v = await visitor();
  await stepInto(v.page, site.url, 'Coordination de Bondy');
  await v.page.goto(`${site.url}/moi/donnees`);
  assert.deepEqual(await violations(v.page), []);
  const [download] = await Promise.all([v.page.waitForEvent('download'), v.page.getByRole('link', { name: 'Télécharger vos données' }).click()]);
  const archive = readFileSync(await download.path());
  assert.equal(archive.subarray(0, 2).toString(), 'PK');
  assert.ok(archive.includes('donnees.html') && archive.includes('donnees.json'));
  await v.context.close();
});

test('l\'administration règle, relit à blanc, efface, et rien n\'en reste', async () => {
  const other = await visitor();
  await stepInto(other.page, site.url, 'Recherche');

  const v = await visitor();
  await stepInto(v.page, site.url, 'Administration');
  await v.page.goto(`${site.url}/donnees`);
  await v.page.getByText('Il reste à renseigner').waitFor();
  for (const path of ['/donnees', '/donnees/registre', '/donnees/reglages', '/donnees/conservation', '/donnees/effacement']) {
    await v.page.goto(site.url + path);
    assert.deepEqual(await violations(v.page), [], path);
    await v.page.setViewportSize({ width: 320, height: 800 });
    assert.equal(await overflow(v.page), 0, path);
    await v.page.setViewportSize({ width: 1280, height: 800 });
  }
  await v.page.goto(`${site.url}/donnees/reglages`);
  await v.page.getByLabel('Responsable du traitement').fill('Caf de démonstration');
  await v.page.getByRole('button', { name: 'Enregistrer' }).click();
  await v.page.getByText('Réglages enregistrés').waitFor();
  await v.page.getByRole('link', { name: 'Voir la page publique' }).click();
  await v.page.getByText('Caf de démonstration').waitFor();

  await v.page.goto(`${site.url}/donnees/effacement`);
  await v.page.getByLabel('Nom, prénom ou adresse électronique').fill('recherch');
  await v.page.getByRole('button', { name: 'Chercher', exact: true }).last().click();
  await v.page.getByRole('region', { name: 'Personnes trouvées' }).getByRole('link', { name: 'Recherche' }).click();
  await v.page.getByRole('heading', { level: 1, name: 'Effacer Recherche' }).waitFor();
  await v.page.getByRole('region', { name: 'Ce qui serait effacé' }).getByText('Fiche de l’annuaire').waitFor();
  assert.deepEqual(await violations(v.page), []);
  await v.page.getByLabel('Pour confirmer').fill('Quelqu\'un d\'autre');
  await v.page.getByRole('button', { name: 'Effacer ses données' }).click();
  await v.page.getByText('Écrivez exactement').waitFor();
  assert.equal(await v.page.getByLabel('Pour confirmer').inputValue(), 'Quelqu\'un d\'autre');
  await v.page.getByLabel('Pour confirmer').fill('Recherche');
  await v.page.getByRole('button', { name: 'Effacer ses données' }).click();
  await v.page.getByText('Effacement fait').waitFor();

  await v.page.getByRole('link', { name: 'Voir l’acte et son reçu' }).click();
  await v.page.getByText('Effacement de données personnelles').first().waitFor();
  await v.page.goto(`${site.url}/donnees/effacement?q=recherch`);
  await v.page.getByText('Personne ne répond à cette recherche').waitFor();

  // Their session is dead, the demonstration no longer offers them, and the bytes are gone.
  await other.page.goto(`${site.url}/`);
  await other.page.getByRole('link', { name: 'Se connecter' }).waitFor();
  await other.page.goto(`${site.url}/demonstration`);
  assert.equal(await other.page.getByRole('button', { name: 'Recherche' }).count(), 0);
  for (const name of readdirSync(dir, { recursive: true, withFileTypes: true }).filter((e) => e.isFile())) {
    const path = join(name.parentPath, name.name);
    assert.ok(!readFileSync(path).includes(GONE), path);
  }
  assert.deepEqual(v.errors.filter((e) => !e.includes('422')), []);
  await v.context.close();
  await other.context.close();
});
