// SPDX-License-Identifier: EUPL-1.2

// Every component of the web room, in a real browser: accessible at each width, in light
// and in dark, nothing wider than its window, usable with the keyboard and without script.

import assert from 'node:assert/strict';
import { mkdirSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { complaints, launch, overflow, start, violations } from './browser.mjs';

const shots = process.env.SHOTS; // a folder: pictures are kept there
let site;
let browser;

before(async () => {
  site = await start('go', ['run', './internal/platform/web/storybook', '-addr', '127.0.0.1:0']);
  browser = await launch();
  if (shots) mkdirSync(shots, { recursive: true });
});

after(async () => {
  await browser?.close();
  await site?.stop();
});

async function visit(path, { width, scheme, ...more }) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme: scheme, locale: 'fr-FR', ...more });
  const page = await context.newPage();
  const errors = complaints(page);
  const answer = await page.goto(site.url + path);
  return { page, errors, answer, close: () => context.close() };
}

for (const width of [320, 768, 1280]) {
  for (const scheme of ['light', 'dark']) {
    for (const [path, name] of [['/', 'planche'], ['/absente', 'erreur-404'], ['/progression-en-panne', 'progression']]) {
      test(`${name}, ${width} px, ${scheme} : axe ne trouve rien, rien ne dépasse`, async () => {
        const { page, errors, close } = await visit(path, { width, scheme });
        if (shots) await page.screenshot({ path: `${shots}/${name}-${width}-${scheme}.png`, fullPage: true });
        assert.deepEqual(await violations(page), []);
        assert.equal(await overflow(page), 0, 'la page défile de côté');
        assert.deepEqual(errors.filter((e) => !e.includes('404')), []);
        await close();
      });
    }
  }
}

test('axe voit ce qui ne va pas', async () => {
  const { page, close } = await visit('/', { width: 320, scheme: 'light' });
  await page.evaluate(() => document.querySelector('h1').append(document.createElement('button')));
  assert.match((await violations(page)).join('\n'), /bouton/);
  await close();
});

test('le texte agrandi à 200 % ne fait rien dépasser', async () => {
  const { page, close } = await visit('/', { width: 640, scheme: 'light' });
  await page.evaluate(() => {
    document.documentElement.style.fontSize = '200%';
  });
  assert.equal(await overflow(page), 0);
  await close();
});

test('les commandes ont au moins 44 px de haut', async () => {
  const { page, close } = await visit('/', { width: 320, scheme: 'light' });
  const small = await page.$$eval('.button, .tabs a, .pager a, summary, select, input:not([type=radio], [type=checkbox]), .site-search button, .choice', (all) => all
    .filter((e) => e.checkVisibility() && e.getBoundingClientRect().height < 43.9)
    .map((e) => `${e.tagName} ${e.textContent.trim()} ${e.getBoundingClientRect().height}`));
  assert.deepEqual(small, []);
  await close();
});

test('le premier Tab mène au contenu, le menu du téléphone s\'ouvre au clavier et sans script', async () => {
  const { page, close } = await visit('/', { width: 390, scheme: 'light', javaScriptEnabled: false });
  await page.keyboard.press('Tab');
  assert.equal(await page.locator(':focus').textContent(), 'Aller au contenu');
  assert.ok(await page.locator('.skip').isVisible());
  await page.keyboard.press('Tab'); // Maillage
  await page.keyboard.press('Tab'); // Menu
  await page.keyboard.press('Enter');
  assert.ok(await page.getByRole('navigation', { name: 'Menu principal' }).getByRole('link', { name: 'Observatoire' }).isVisible());
  if (shots) await page.screenshot({ path: `${shots}/menu-390.png` });
  await close();
});

test('la recherche propose, au clavier seul', async () => {
  const { page, close } = await visit('/', { width: 1280, scheme: 'light' });
  const box = page.getByRole('combobox', { name: /Chercher une commune/ });
  await box.focus();
  await page.keyboard.type('st d');
  await page.getByRole('option', { name: /Saint-Denis/ }).first().waitFor();
  assert.equal(await box.getAttribute('aria-expanded'), 'true');
  if (shots) await page.screenshot({ path: `${shots}/recherche-1280.png` });
  assert.deepEqual(await violations(page), []);
  await page.keyboard.press('Escape');
  assert.equal(await box.getAttribute('aria-expanded'), 'false');
  await page.keyboard.press('ArrowDown');
  await page.getByRole('option').first().waitFor();
  await page.keyboard.press('ArrowDown');
  assert.equal(await page.getByRole('listbox', { name: 'Territoires proposés' }).getByRole('option', { selected: true }).textContent(), 'Saint-Denis commune, Seine-Saint-Denis');
  await page.keyboard.press('Enter');
  await page.waitForURL('**/?vu=93066');
  await close();
});

test('l\'avancement se met à jour et mène au résultat, avec et sans script', async () => {
  for (const javaScriptEnabled of [true, false]) {
    const { page, close } = await visit('/progression', { width: 390, scheme: 'light', javaScriptEnabled });
    if (shots) await page.screenshot({ path: `${shots}/progression-${javaScriptEnabled}.png` });
    await page.waitForURL(site.url + '/', { timeout: 30_000 });
    await close();
  }
});

test('la version imprimée tient sur des feuilles A4', async () => {
  const { page, close } = await visit('/', { width: 1280, scheme: 'dark' });
  const pdf = await page.pdf({ path: shots ? `${shots}/planche.pdf` : undefined, preferCSSPageSize: true, tagged: true });
  assert.ok(pdf.length > 10_000);
  assert.match(pdf.toString('latin1'), /\/MediaBox\s*\[0 0 59[45][.\d]* 84[12][.\d]*\]/);
  await close();
});
