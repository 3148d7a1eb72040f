// SPDX-License-Identifier: EUPL-1.2

// The directory in a real browser: a list pasted from Outlook is looked at, taken in and taken
// back; two records are merged and separated; an agent hands over, the successor accepts and
// changes hat; every page fits a telephone and reads well to machines.

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { complaints, launch, overflow, start, stepInto, violations } from './browser.mjs';

const folder = mkdtempSync(join(tmpdir(), 'maillage-personnes-'));
let site;
let browser;

before(async () => {
  site = await start(process.env.MAILLAGE ?? './maillage', ['demo', '--addr', 'localhost:0', '--dir', join(folder, 'demo')], { stdio: ['ignore', 'pipe', 'ignore'] });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function as(name, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'fr-FR', reducedMotion: 'reduce', ...options });
  const page = await context.newPage();
  const errors = complaints(page);
  await stepInto(page, site.url, name);
  return { page, errors, context };
}

const outlook = [
  'DUPRÉ Lina (Mairie de Bobigny) <lina.dupre@bobigny.example>;',
  '"VALMONT, Sami" <sami.valmont@caf.example>;',
  'Claude Martin;',
  'Mme Anaëlle de La Tournelle, Directrice, Mairie de Bondy ; dupré lina <LINA.DUPRE@bobigny.example>;;',
].join('\n');

async function count(page) {
  await page.goto(`${site.url}/personnes`);
  return Number((await page.locator('.lead').innerText()).match(/(\d+) personnes/)[1]);
}

test('une liste collée est relue, importée, puis annulée en un clic', async () => {
  const { page, errors, context } = await as('Secrétariat');
  const before = await count(page);
  await page.getByRole('link', { name: 'Coller une liste' }).click();
  await page.getByLabel('La liste').fill(outlook);
  await page.getByRole('button', { name: 'Lire la liste' }).click();
  await page.locator('.tally').waitFor();
  assert.match(await page.locator('.tally').innerText(), /1 ligne à vérifier/);
  assert.match(await page.locator('.tally').innerText(), /3 personnes nouvelles/);
  assert.match(await page.locator('.tally').innerText(), /1 ligne en double/);

  await page.getByRole('button', { name: 'Importer les lignes cochées' }).click();
  assert.match(await page.locator('.notice.danger').innerText(), /attend votre choix/);
  assert.match(await page.locator('textarea').inputValue(), /Claude Martin/);
  await page.getByLabel('Créer : nom « Martin », prénom « Claude »').check();
  await page.getByRole('button', { name: 'Importer les lignes cochées' }).click();
  await page.waitForURL('**fait=importe**');
  assert.match(await page.locator('main').innerText(), /4 personnes créées, 1 organisation créée, 2 postes ajoutés/);
  assert.equal(await count(page), before + 4);

  await page.goto(`${site.url}/personnes?q=dupre+bobigny`);
  assert.match(await page.locator('#personnes').innerText(), /Dupré Lina/);
  await page.goto(`${site.url}/personnes/imports`);
  await page.getByRole('button', { name: /^Annuler tout l.import/ }).click();
  await page.waitForURL('**fait=annule**');
  assert.equal(await count(page), before);
  assert.deepEqual(errors.filter((e) => !e.includes('422')), []);
  await context.close();
});

test('une organisation est préremplie par son territoire, puis fusionnée et séparée', async () => {
  const { page, errors, context } = await as('Secrétariat');
  await page.goto(`${site.url}/organisations/nouvelle`);
  await page.getByRole('combobox', { name: /^Territoire/ }).fill('bobigny');
  await page.getByRole('button', { name: /^Compléter/ }).click();
  await page.waitForFunction(() => document.querySelector('input[name="nom"]')?.value);
  assert.equal(await page.getByLabel('Nom').inputValue(), 'Commune de Bobigny');
  assert.match(await page.getByLabel('Numéro SIREN').inputValue(), /219.300.084/);
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.waitForURL('**fait=cree');
  const kept = page.url();

  await page.goto(`${site.url}/organisations/nouvelle`);
  await page.getByRole('combobox', { name: /^Territoire/ }).fill('Bobigny');
  await page.getByLabel('Genre').selectOption('commune');
  await page.getByLabel('Nom').fill('Mairie de Bobigny');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.waitForURL('**fait=cree');

  await page.goto(`${site.url}/personnes/doublons`);
  assert.match(await page.locator('main').innerText(), /Mairie de Bobigny/);
  await page.getByRole('link', { name: /^Comparer.*Bobigny/ }).click();
  await page.getByRole('group', { name: 'Nom' }).getByLabel('Mairie de Bobigny').check();
  await page.getByRole('button', { name: 'Fusionner' }).click();
  await page.waitForURL('**fait=fusion');
  assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Mairie de Bobigny');
  await page.getByRole('button', { name: /^Annuler la fusion/ }).click();
  await page.waitForURL('**fait=separe');
  await page.goto(kept);
  assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Commune de Bobigny');
  assert.deepEqual(errors, []);
  await context.close();
});

test('une fiche modifiée se remet comme avant depuis son historique', async () => {
  const { page, context } = await as('Secrétariat');
  await page.goto(`${site.url}/personnes?q=recherche`);
  await page.getByRole('link', { name: 'Recherche', exact: true }).click();
  await page.getByRole('link', { name: 'Modifier', exact: true }).click();
  await page.getByLabel('Téléphone professionnel').fill('0123456789');
  await page.getByRole('button', { name: 'Enregistrer' }).click();
  await page.waitForURL('**fait=modifie');
  assert.match(await page.locator('.contacts').innerText(), /01 23 45 67 89/);
  await page.locator('.hist').getByRole('button', { name: /^Annuler/ }).first().click();
  await page.waitForLoadState();
  assert.doesNotMatch(await page.locator('.contacts').innerText(), /01 23 45 67 89/);
  await context.close();
});

test('un agent passe la main, le successeur accepte et change de fonction', async () => {
  const leaver = await as('Coordination de Bondy');
  await leaver.page.goto(`${site.url}/moi/passation`);
  assert.equal(await leaver.page.locator('.held-row').count(), 3, 'deux fonctions et un engagement');
  await leaver.page.getByLabel('Le même successeur pour tout').fill('Élu de Bondy');
  await leaver.page.getByLabel('Premier jour du successeur').fill(new Intl.DateTimeFormat('sv-SE', { timeZone: 'Europe/Paris' }).format(new Date()));
  await leaver.page.getByLabel('Un mot pour la suite').fill('Le dossier du relais est en cours.');
  await leaver.page.getByRole('button', { name: 'Proposer la passation' }).click();
  await leaver.page.waitForURL('**fait=proposee');
  assert.match(await leaver.page.locator('main').innerText(), /Proposée à Élu de Bondy/);

  const successor = await as('Élu de Bondy');
  await successor.page.goto(`${site.url}/moi/passations`);
  assert.match(await successor.page.locator('main').innerText(), /Le dossier du relais est en cours/);
  await successor.page.getByRole('button', { name: 'Accepter' }).click();
  await successor.page.waitForURL('**fait=acceptee');
  await successor.page.locator('.account summary').click();
  await successor.page.getByRole('button', { name: 'Agent de la collectivité, Commune de Bondy' }).click();
  await successor.page.waitForLoadState();
  assert.match(await successor.page.locator('.account-hat').innerText(), /Agent de la collectivité/);
  const answer = await successor.page.goto(`${site.url}/obligations/93010/preuves/nouvelle`);
  assert.equal(answer.status(), 200, 'la fonction reçue ouvre ses droits');

  await leaver.page.goto(`${site.url}/moi/passations`);
  assert.match(await leaver.page.locator('main').innerText(), /Acceptée/);
  assert.match(await leaver.page.locator('.account-hat').innerText(), /sans fonction/);
  assert.equal((await leaver.page.goto(`${site.url}/obligations/93010/preuves/nouvelle`)).status(), 403);
  assert.deepEqual([...leaver.errors, ...successor.errors].filter((e) => !e.includes('403')), []);
  await leaver.context.close();
  await successor.context.close();
});

test('un agent lit l\'annuaire sans les coordonnées, et le cadenas dit qui les lit', async () => {
  const { page, context } = await as('Coordination de Saint-Denis');
  await page.goto(`${site.url}/personnes?q=observatoire`);
  assert.doesNotMatch(await page.locator('main').innerText(), /demonstration\.example/);
  await page.getByRole('link', { name: 'Observatoire', exact: true }).last().click();
  await page.getByText('Lecture réservée').click();
  assert.match(await page.locator('.readers').innerText(), /Secrétariat du comité/);
  await context.close();
});

for (const width of [320, 768, 1280]) {
  test(`axe ne trouve rien et rien ne dépasse, ${width} px`, async () => {
    const { page, context } = await as('Secrétariat', { viewport: { width, height: 900 } });
    await page.goto(`${site.url}/personnes?q=observatoire`);
    const person = new URL(await page.locator('#personnes tbody th a').first().getAttribute('href'), site.url).pathname;
    await page.goto(`${site.url}/organisations?q=caf`);
    const org = new URL(await page.locator('#organisations tbody th a').first().getAttribute('href'), site.url).pathname;
    const faults = [];
    const look = async (path) => {
      faults.push(...(await violations(page)).map((v) => `${path} : ${v}`));
      if (await overflow(page)) faults.push(`${path} : dépasse de ${await overflow(page)} px`);
    };
    for (const path of ['/personnes', '/organisations', person, org, '/personnes/nouvelle', '/organisations/nouvelle?territoire=93010', `${person}/modifier`, `${person}/postes/nouveau`,
      `${person}/fonctions/nouvelle`, `${person}/absence`, `${person}/fusion`, `${person}/passation`, `${person}/passation/resume`, '/personnes/doublons', '/personnes/import',
      '/personnes/imports', '/moi/absence', '/moi/courriels', '/moi/passation', '/moi/passations', '/droits']) {
      assert.equal((await page.goto(site.url + path)).status(), 200, path);
      await look(path);
    }
    await page.goto(`${site.url}/personnes/import`);
    await page.getByLabel('La liste').fill(`${outlook}\nObservatoire (Caf du 93) <autre@y.example>`);
    await page.getByRole('button', { name: 'Lire la liste' }).click();
    await page.locator('.tally').waitFor();
    await look('relecture');
    await page.goto(`${site.url}${org}/fusion`);
    await page.getByLabel('Avec quelle fiche ?').fill('Préfecture');
    await page.getByRole('button', { name: 'Comparer' }).click();
    await look('comparaison');
    assert.deepEqual(faults, []);
    await context.close();
  });
}
