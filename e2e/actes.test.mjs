// SPDX-License-Identifier: EUPL-1.2

// An official act from its deed to its proof: someone is erased, the act is signed, its receipt
// is downloaded, believed on the site and without it, and disbelieved once a byte is altered.

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { complaints, launch, overflow, start, stepInto, violations } from './browser.mjs';

const folder = mkdtempSync(join(tmpdir(), 'maillage-actes-'));
let site;
let browser;

before(async () => {
  site = await start('./maillage', ['demo', '--addr', 'localhost:0', '--dir', join(folder, 'demo')], { stdio: ['ignore', 'pipe', 'ignore'] });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

/** What `maillage verify` answers, far from the data folder: it has the receipt and the key only. */
function verify(...args) {
  const run = spawnSync(join(process.cwd(), 'maillage'), ['verify', ...args], { cwd: folder, encoding: 'utf8' });
  return { code: run.status, said: run.stdout + run.stderr };
}

test('un acte est signé, son reçu prouve, un octet changé ne prouve plus rien', async () => {
  const context = await browser.newContext({ locale: 'fr-FR', acceptDownloads: true });
  const page = await context.newPage();
  const errors = complaints(page);

  await stepInto(page, site.url, 'Administration');
  await page.goto(`${site.url}/donnees/effacement?q=membre`);
  await page.getByRole('region', { name: 'Personnes trouvées' }).getByRole('link').first().click();
  const name = (await page.getByRole('heading', { level: 1 }).innerText()).replace(/^Effacer\s/, '');
  await page.getByLabel('Pour confirmer').fill(name);
  await page.getByRole('button', { name: 'Effacer ses données' }).click();
  await page.getByRole('link', { name: /Voir l.acte et son reçu/ }).click();
  await page.waitForURL('**/actes/*');

  const receipt = page.getByRole('link', { name: 'Télécharger le reçu' });
  for (let i = 0; i < 40 && !(await receipt.count()); i++) { // signed within seconds
    await page.waitForTimeout(250);
    await page.reload();
  }
  assert.deepEqual(await violations(page), []);
  const [download] = await Promise.all([page.waitForEvent('download'), receipt.click()]);
  const path = join(folder, 'recu.json');
  await download.saveAs(path);
  assert.doesNotMatch(readFileSync(path, 'utf8'), new RegExp(name, 'i'), 'le reçu ne nomme personne');

  const visitor = await (await browser.newContext({ locale: 'fr-FR' })).newPage();
  await visitor.goto(`${site.url}/actes`);
  const key = await visitor.locator('.acts-key code').first().innerText();
  assert.ok((await (await visitor.request.get(`${site.url}/actes/cle.txt`)).text()).trim().endsWith(key));
  await visitor.getByRole('link', { name: 'Vérifier un reçu' }).click();
  await visitor.locator('input[type=file]').setInputFiles(path);
  await visitor.getByRole('button', { name: 'Vérifier' }).click();
  await visitor.getByRole('heading', { name: 'Ce que le reçu prouve' }).waitFor();
  assert.deepEqual(await violations(visitor), []);
  await visitor.setViewportSize({ width: 320, height: 700 });
  assert.equal(await overflow(visitor), 0);

  const good = verify('--cle', key, path);
  assert.equal(good.code, 0, good.said);
  assert.match(good.said, /Effacement de données personnelles/);

  const altered = join(folder, 'altere.json');
  writeFileSync(altered, readFileSync(path, 'utf8').replace(/"date":"2/, '"date":"1'));
  const bad = verify('--cle', key, altered);
  assert.equal(bad.code, 1, bad.said);
  assert.match(bad.said, /ne prouve rien/);
  await visitor.locator('input[type=file]').setInputFiles(altered);
  await visitor.getByRole('button', { name: 'Vérifier' }).click();
  await visitor.getByRole('heading', { name: 'Ce que le reçu prouve' }).waitFor({ state: 'detached' });
  assert.equal(await visitor.getByRole('heading', { name: 'Ce que le reçu prouve' }).count(), 0);

  await page.goto(`${site.url}/actes/controle`);
  await page.getByRole('button', { name: /vérification/ }).click();
  await page.getByText(/rien d.altéré/i).first().waitFor({ timeout: 20_000 });
  assert.deepEqual(errors, []);
});
