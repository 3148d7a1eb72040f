// SPDX-License-Identifier: EUPL-1.2

// The main job, done as a person would on a fresh demonstration: find a town, see what it must
// do and how it stands, print its sheet, bring one's own figures in, see them everywhere, take
// them back. Once with the mouse, once with the keyboard alone.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { complaints, launch, overflow, start, stepInto, violations } from './browser.mjs';

const folder = mkdtempSync(join(tmpdir(), 'maillage-parcours-'));
let site;
let browser;

before(async () => {
  site = await start('./maillage', ['demo', '--addr', 'localhost:0', '--dir', join(folder, 'demo')], { stdio: ['ignore', 'pipe', 'ignore'] });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
});

async function open(path, { width = 1280, scheme = 'light', as, ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, locale: 'fr-FR', ...more });
  const page = await context.newPage();
  const errors = complaints(page);
  if (as) await stepInto(page, site.url, as);
  const answer = await page.goto(site.url + path);
  return { page, errors, answer, close: () => context.close() };
}

/** A file such as a département would send: semicolons, decimal commas, a secret, two years. */
function file(name, rate) {
  const path = join(folder, name);
  writeFileSync(path, [
    'Code commune;Commune;Année;Accueils périscolaires pour 100 enfants',
    `93010;Bondy;2023;${rate}`, '93066;Saint-Denis;2023;31,4', '93039;L\'Île-Saint-Denis;2023;secret',
    `93010;Bondy;2024;${rate}`, '93066;Saint-Denis;2024;33,0', '93039;L\'Île-Saint-Denis;2024;secret',
  ].join('\r\n') + '\r\n');
  return path;
}

test('une personne trouve sa ville, importe un fichier et voit ses chiffres partout', async () => {
  const { page, errors, close } = await open('/', { as: 'Secrétariat' });
  await page.getByLabel('Nom, code Insee, code postal ou SIREN').fill('93140');
  await page.getByRole('button', { name: 'Chercher' }).last().click();
  await page.getByRole('link', { name: 'Bondy' }).first().click();
  await page.waitForURL('**/territoires/93010');
  assert.equal(await page.getByRole('heading', { level: 1 }).innerText(), 'Bondy');
  const text = await page.locator('main').innerText();
  assert.match(text, /Schéma pluriannuel/);
  assert.match(text, /plus de 10.000/i);
  assert.match(text, /Villes comparables/);

  await page.goto(`${site.url}/observatoire/imports`);
  await page.getByLabel('Fichier').setInputFiles(file('periscolaire.csv', '48,7'));
  await page.getByRole('button', { name: 'Lire le fichier' }).click();
  await page.waitForURL('**/observatoire/depots/**');
  assert.match(await page.locator('main').innerText(), /Rien n.est encore enregistré/);
  await page.getByRole('button', { name: /^Importer \d/ }).click();
  await page.waitForURL('**/observatoire/imports/*fait=importe');
  const imported = page.url();

  await page.goto(`${site.url}/territoires/93010`);
  assert.match(await page.locator('main').innerText(), /48,7/);
  await page.goto(imported);
  await page.getByRole('link', { name: /périscolaires/ }).click();
  assert.match(await page.locator('main').innerText(), /48,7/);
  const csv = await (await page.request.get(page.url().replace('/observatoire?', '/observatoire.csv?'))).text();
  assert.match(csv, /93010,Bondy,[^\n]*,48\.7,/);
  assert.match(csv, /93039,[^\n]*,secret/);

  await page.goto(imported);
  await page.getByRole('button', { name: 'Retirer cet import' }).click();
  await page.goto(`${site.url}/territoires/93010`);
  assert.doesNotMatch(await page.locator('main').innerText(), /48,7/);
  assert.deepEqual(errors, []);
  await close();
});

test('le même parcours au clavier seul', async () => {
  const { page, errors, close } = await open('/', { as: 'Observatoire' });
  const press = (...keys) => keys.reduce((p, k) => p.then(() => page.keyboard.press(k)), Promise.resolve());
  const focus = async (test) => {
    for (let i = 0; i < 80; i++) {
      if (await page.evaluate(test)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`le clavier n'atteint pas : ${test}`);
  };
  await focus('document.activeElement.type === "search"');
  await page.keyboard.type('bondy');
  await page.waitForSelector('[role=option]');
  await press('ArrowDown', 'Enter');
  await page.waitForURL('**/territoires/93010');
  await focus('document.activeElement.tagName === "A" && document.activeElement.textContent.startsWith("Fiche d")');
  await press('Enter');
  await page.waitForURL('**/territoires/93010/fiche');
  await page.goto(`${site.url}/observatoire/imports`);
  await focus('document.activeElement.type === "file"');
  await page.locator('input[type=file]').setInputFiles(file('clavier.csv', '12,3'));
  await focus('document.activeElement.tagName === "BUTTON" && document.activeElement.textContent === "Lire le fichier"');
  await press('Enter');
  await page.waitForURL('**/observatoire/depots/**');
  await focus('document.activeElement.tagName === "BUTTON" && /^Importer \\d/.test(document.activeElement.textContent)');
  await press('Enter');
  await page.waitForURL('**/observatoire/imports/*fait=importe');
  await focus('document.activeElement.tagName === "BUTTON" && document.activeElement.textContent === "Retirer cet import"');
  await press('Enter');
  await page.waitForURL('**fait=retire');
  assert.deepEqual(errors, []);
  await close();
});

test('la fiche tient sur une feuille A4', async () => {
  for (const code of ['93066', '93015', '93']) {
    const { page, close } = await open(`/territoires/${code}/fiche`);
    const pdf = join(folder, `${code}.pdf`);
    await page.pdf({ path: pdf, preferCSSPageSize: true, printBackground: true });
    assert.match(execFileSync('pdfinfo', [pdf], { encoding: 'utf8' }), /Pages:\s+1\n/, `fiche de ${code}`);
    await close();
  }
});

test('un fichier faux est refusé avec sa ligne, et rien n\'est gardé', async () => {
  const { page, close } = await open('/observatoire/imports', { as: 'Secrétariat' });
  const bad = join(folder, 'faux.csv');
  writeFileSync(bad, 'code;annee;taux\n93010;2023;"12,5\n93066;2023;13\n');
  await page.getByLabel('Fichier').setInputFiles(bad);
  await page.getByRole('button', { name: 'Lire le fichier' }).click();
  await page.waitForURL(/taches|depots/);
  const text = await page.locator('main').innerText();
  assert.match(text, /faux\.csv/);
  assert.match(text, /ligne 2/);
  await close();
});

const everywhere = ['/', '/territoires', '/territoires?q=denis', '/territoires/93066', '/territoires/93015', '/territoires/93', '/territoires/200057867',
  '/territoires/93066/fiche', '/territoires/93066/competences', '/territoires/contours', '/observatoire', '/observatoire?vue=tableau', '/observatoire?vue=series',
  '/observatoire/indicateurs', '/observatoire/indicateurs/couverture_globale', '/observatoire/indicateurs/nouveau', '/observatoire/imports',
  '/obligations', '/obligations/93066', '/obligations/regles', '/obligations/93066/preuves/nouvelle', '/obligations/93066/ctg/nouvelle',
  '/a-propos', '/sources', '/accessibilite', '/territoires/00000'];

// The pages for those who manage are looked at under a hat, the others as a visitor.
const managed = /contours\/gestion|nouve|imports$|^\/observatoire\/indicateurs$|competences$/;

for (const width of [320, 768, 1280]) {
  test(`axe ne trouve rien et rien ne dépasse, ${width} px`, async () => {
    const faults = [];
    for (const path of everywhere) {
      const { page, errors, close } = await open(path, { width, as: managed.test(path) ? 'Administration' : undefined });
      faults.push(...(await violations(page)).map((v) => `${path} : ${v}`));
      if (await overflow(page)) faults.push(`${path} : dépasse de ${await overflow(page)} px`);
      if (await page.locator('h1').count() !== 1) faults.push(`${path} : ${await page.locator('h1').count()} titre(s) h1`);
      faults.push(...errors.filter((e) => !e.includes('404')).map((e) => `${path} : ${e}`));
      await close();
    }
    assert.deepEqual(faults, []);
  });
}

test('les pages se lisent sans script', async () => {
  const { page, close } = await open('/territoires?q=bondy', { javaScriptEnabled: false });
  await page.getByRole('link', { name: 'Bondy' }).first().click();
  await page.waitForURL('**/territoires/93010');
  await page.goto(`${site.url}/observatoire`);
  await page.getByLabel('Période').selectOption('2019');
  await page.getByRole('button', { name: 'Afficher' }).click();
  assert.match(page.url(), /periode=2019/);
  await close();
});
