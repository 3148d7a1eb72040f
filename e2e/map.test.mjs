// SPDX-License-Identifier: EUPL-1.2

// The map that can be explored, in a real browser with WebGL: what it shows is what the
// drawing and the table say, the keyboard is enough, nothing comes from elsewhere, and
// wherever it cannot run the drawing is there.

import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { complaints, launch, overflow, start, violations } from './browser.mjs';

const shots = process.env.SHOTS; // a folder: pictures are kept there
const folder = mkdtempSync(join(tmpdir(), 'maillage-carte-'));
const dir = join(folder, 'demo');
const view = '/observatoire?indicateur=couverture_globale&periode=2024&villes=93010,93066';
const SECRET = '93039'; // L'Île-Saint-Denis
const MISSING = '93015'; // Coubron

let site;
let browser;

/** Today's communes with their middles: 93059 has been part of 93066 since 2025. */
const communes = readFileSync('refdata/centroides.csv', 'utf8').trim().split('\n').slice(1)
  .map((line) => line.split(',')).filter(([code]) => code !== '93059').map(([code, lon, lat]) => ({ code, lon: Number(lon), lat: Number(lat) }));

/** Contours of our own: a square around each middle. */
function squares() {
  const w = 0.009;
  const h = 0.006;
  const features = communes.map(({ code, lon, lat }) => ({
    type: 'Feature', properties: { code },
    geometry: { type: 'Polygon', coordinates: [[[lon - w, lat - h], [lon + w, lat - h], [lon + w, lat + h], [lon - w, lat + h], [lon - w, lat - h]]] },
  }));
  const path = join(folder, 'carres.geojson');
  writeFileSync(path, JSON.stringify({ type: 'FeatureCollection', features }));
  return path;
}

/** A figure for each commune but one, and one that is secret. */
function figures() {
  const rows = communes.filter(({ code }) => code !== MISSING)
    .map(({ code }, i) => `${code};2024;${code === SECRET ? 'secret' : (20 + i * 1.5).toFixed(1).replace('.', ',')}`);
  const path = join(folder, 'taux.csv');
  writeFileSync(path, ['Code commune;Année;Taux de couverture global', ...rows].join('\r\n') + '\r\n');
  return path;
}

before(async () => {
  if (shots) mkdirSync(shots, { recursive: true });
  const quiet = { stdio: ['ignore', 'ignore', 'inherit'] };
  execFileSync('./maillage', ['import', '--dir', dir, '--source', 'carrés d\'essai', 'contours', squares()], quiet);
  execFileSync('./maillage', ['import', '--dir', dir, figures()], quiet);
  site = await start('./maillage', ['demo', '--addr', 'localhost:0', '--dir', dir], { stdio: ['ignore', 'pipe', 'ignore'] });
  browser = await launch();
});

after(async () => {
  await browser?.close();
  await site?.stop();
  rmSync(folder, { recursive: true, force: true });
});

async function open(path, { width = 1280, script, live = true, ...more } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, locale: 'fr-FR', reducedMotion: 'reduce', ...more });
  const page = await context.newPage();
  if (script) await page.addInitScript(script);
  const errors = complaints(page);
  const asked = [];
  page.on('request', (r) => asked.push(r.url()));
  await page.goto(site.url + path);
  if (live) await page.locator('.is-live .map-live').waitFor();
  return { page, errors, asked, close: () => context.close() };
}

const list = (page) => page.getByRole('listbox', { name: '39 communes' });
const told = (page) => page.locator('.map-told').getByRole('status');
const drawing = (page) => page.locator('.map-section .figure-body');
const canvas = (page) => page.locator('.map-canvas canvas');
const aboutMap = (url) => /maplibre|\/map\.|carte\.json|\/tuiles\//.test(url);

/** Colours of the canvas as it is on the screen, at points of the window, as "r,g,b". */
async function pixels(page, points) {
  const picture = (await page.screenshot()).toString('base64');
  return page.evaluate(async ([data, at]) => {
    const image = document.createElement('img');
    image.src = `data:image/png;base64,${data}`;
    await image.decode();
    const flat = document.createElement('canvas');
    [flat.width, flat.height] = [image.width, image.height];
    const context = flat.getContext('2d');
    context.drawImage(image, 0, 0);
    return at.map(([x, y]) => [...context.getImageData(Math.round(x), Math.round(y), 1, 1).data.slice(0, 3)].join());
  }, [picture, points]);
}

/** Where a commune is in the window: the tooltip stands in the middle above its point. */
async function placeOf(page, letters) {
  await list(page).focus();
  await page.keyboard.press('Home');
  await page.keyboard.type(letters, { delay: 10 });
  const tip = await page.locator('.map-tip').boundingBox();
  await page.waitForTimeout(750); // the next word is a new one
  return { x: tip.x + tip.width / 2, y: tip.y + tip.height + 14 };
}

test('les autres pages ne chargent rien de la carte', async () => {
  for (const path of ['/', '/territoires', '/territoires/93010', '/observatoire?vue=tableau', '/observatoire?vue=series', '/obligations']) {
    const { asked, close } = await open(path, { live: false });
    assert.deepEqual(asked.filter(aboutMap), [], path);
    await close();
  }
});

test('sans script, la page a sa carte dessinée et son tableau', async () => {
  const { page, asked, close } = await open(view, { live: false, javaScriptEnabled: false });
  assert.ok(await drawing(page).locator('svg').first().isVisible());
  assert.equal(await page.locator('.map-live, .map-choice').count(), 0);
  assert.deepEqual(asked.filter((u) => /maplibre-gl|maplibre\.|tuiles/.test(u)), []);
  await close();
});

for (const width of [320, 768, 1280]) {
  for (const colorScheme of ['light', 'dark']) {
    test(`carte à explorer, ${width} px, ${colorScheme} : axe ne trouve rien, rien ne dépasse, rien ne vient d'ailleurs`, async () => {
      const { page, errors, asked, close } = await open(view, { width, colorScheme });
      assert.ok(asked.some((u) => u.includes('/static/maplibre-gl-worker.')), 'le travailleur n\'est pas chargé');
      assert.ok(asked.some((u) => u.includes('/contours/tuiles/')), 'aucune tuile demandée');
      assert.deepEqual(asked.filter((u) => !u.startsWith(site.url)), []);
      assert.deepEqual(await violations(page), []);
      assert.equal(await overflow(page), 0, 'la page défile de côté');
      assert.ok(!(await drawing(page).isVisible()));
      if (shots) {
        await page.locator('.map-section').evaluate((e) => e.scrollIntoView());
        await page.waitForTimeout(300);
        await page.screenshot({ path: `${shots}/carte-${width}-${colorScheme}.png` });
      }
      assert.deepEqual(errors, []);
      await close();
    });
  }
}

test('la carte, la légende et la liste disent ce que disent le dessin et le tableau', async () => {
  const { page, close } = await open(view);
  const table = await page.$$eval('.figure-data tbody tr:not(.total)', (rows) => rows.map((r) => [...r.cells].map((c) => c.textContent.trim())));
  const options = await list(page).getByRole('option').evaluateAll((all) => all.map((li) => [...li.children].slice(1, 3).map((e) => e.textContent)));
  assert.equal(options.length, 39);
  assert.deepEqual(options.filter(([, value]) => /\d/.test(value)), table.filter(([, value]) => /\d/.test(value)).map(([name, value]) => [name, value]));
  await list(page).focus();
  await page.keyboard.press('Home');
  for (const [name, value, rank] of table) {
    const said = await told(page).textContent();
    assert.ok(said.startsWith(`${name}\u00a0: ${/\d/.test(value) ? value : ''}`), `${said} / ${name}, ${value}`);
    const of = said.match(/ – (\d+)r?e classe sur (\d+)$/);
    assert.equal(of ? `${of[1]} sur ${of[2]}` : '', rank, said);
    await page.keyboard.press('ArrowDown');
  }
  const drawn = (await drawing(page).textContent()).replaceAll(/\s+/g, ' ');
  const legend = await page.locator('.map-key li').evaluateAll((all) => all.map((li) => [li.children[1].textContent, li.children[2].textContent]));
  assert.equal(legend.length, 7); // five classes, secret, missing
  for (const [label, count] of legend) assert.ok(drawn.includes(`${label} : ${count}`.replaceAll(/\s+/g, ' ')), `« ${label} : ${count} » n'est pas dans le dessin`);
  await close();
});

test('chaque commune a la couleur de sa classe ; le secret est hachuré, et nulle part chiffré', async () => {
  const { page, close } = await open(view);
  await page.locator('.map-section').evaluate((e) => e.scrollIntoView());
  const classes = await page.locator('.map-key .map-swatch').evaluateAll((all) => all.map((e) => getComputedStyle(e).backgroundColor.match(/\d+/g).join()));
  for (const [letters, name] of [['bobigny', 'Bobigny'], ['drancy', 'Drancy'], ['le bour', 'Le Bourget'], ['romain', 'Romainville']]) {
    const { x, y } = await placeOf(page, letters);
    const said = await told(page).textContent();
    assert.ok(said.startsWith(name), said);
    const rank = Number(said.match(/ – (\d+)r?e classe/)[1]);
    await page.keyboard.press('Escape'); // the tooltip hides nothing
    assert.deepEqual(await pixels(page, [[x - 7, y - 5], [x + 7, y + 5]]), [classes[rank - 1], classes[rank - 1]], name);
  }
  const { x, y } = await placeOf(page, 'l\'ile');
  assert.match(await told(page).textContent(), /^L’Île-Saint-Denis\s: secret statistique$/);
  await page.keyboard.press('Escape');
  const across = await pixels(page, Array.from({ length: 16 }, (_, i) => [x - 8 + i, y]));
  assert.ok(new Set(across).size >= 2, 'pas de hachures');
  const sent = await (await page.request.get(site.url + (await page.locator('[data-island="map"]').getAttribute('data-src')))).json();
  assert.deepEqual(sent.lieux.filter((p) => p.motif).map((p) => [p.code, p.motif, p.classe]), [[MISSING, 'points', -1], [SECRET, 'hachures', -1]]);
  await close();
});

test('au clavier seul : de l\'adresse à la fiche d\'une commune', async () => {
  const { page, errors, close } = await open(view);
  for (let i = 0; i < 60; i++) {
    await page.keyboard.press('Tab');
    if (await list(page).evaluate((e) => e === document.activeElement)) break;
  }
  assert.match(await told(page).textContent(), /^Bondy\s: /); // the first of the chosen towns
  await page.keyboard.press('ArrowDown');
  assert.match(await told(page).textContent(), /^Clichy-sous-Bois\s: \d+,\d places pour 100 enfants de moins de 3 ans – \d(re|e) classe sur 5$/);
  assert.equal(await list(page).getByRole('option', { selected: true }).count(), 1);
  assert.ok(await page.locator('.map-tip').isVisible());
  await page.keyboard.press('Escape');
  assert.ok(!(await page.locator('.map-tip').isVisible()));
  await page.keyboard.press('End');
  assert.match(await told(page).textContent(), /^Villetaneuse/);
  await page.keyboard.press('ArrowDown'); // no further
  assert.match(await told(page).textContent(), /^Villetaneuse/);
  await page.keyboard.type('epinay');
  assert.match(await told(page).textContent(), /^Épinay-sur-Seine/);
  await page.keyboard.press('Enter');
  await page.waitForURL('**/territoires/93031');
  assert.deepEqual(errors, []);
  await close();
});

test('à la souris : survoler dit, cliquer ouvre ; les boutons parlent français', async () => {
  const { page, close } = await open(view);
  await page.locator('.map-section').evaluate((e) => e.scrollIntoView());
  const { x, y } = await placeOf(page, 'bobigny');
  await page.keyboard.press('Home');
  await page.mouse.move(x, y);
  await page.locator('.map-tip', { hasText: /^Bobigny\s: 2\d,\d places pour 100 enfants de moins de 3 ans – 1re classe sur 5$/ }).waitFor();
  assert.match(await told(page).textContent(), /^Aubervilliers/); // hovering does not speak
  const home = page.getByRole('button', { name: /^Revenir à la vue d’ensemble : Seine-Saint-Denis$/ });
  const scale = () => page.locator('.maplibregl-ctrl-scale').textContent();
  const before = await scale();
  await page.getByRole('button', { name: 'Agrandir la carte' }).click();
  await page.getByRole('button', { name: 'Agrandir la carte' }).click();
  assert.notEqual(await scale(), before);
  await home.click();
  assert.equal(await scale(), before);
  assert.ok(await page.getByRole('button', { name: 'Réduire la carte' }).isVisible());
  assert.ok(await page.getByRole('region', { name: /^Carte : les flèches la déplacent/ }).isVisible());
  assert.match(await page.locator('.map-credit').textContent(), /^Contours\s: carrés d’essai$/);
  await page.mouse.click(x, y);
  await page.waitForURL('**/territoires/93008');
  await close();
});

test('au doigt : toucher dit, toucher encore ouvre', async () => {
  const { page, close } = await open(view, { width: 390, hasTouch: true, isMobile: true });
  await page.locator('.map-section').evaluate((e) => e.scrollIntoView());
  const box = await canvas(page).boundingBox();
  // where Bondy is between the edges of the communes, the map being fitted to them
  const chosen = await page.locator('.map-names span', { hasText: 'Bondy' }).boundingBox();
  assert.ok(chosen.x > box.x && chosen.y > box.y, 'la ville choisie n\'est pas nommée');
  const at = [chosen.x + chosen.width / 2, chosen.y + chosen.height / 2];
  await page.touchscreen.tap(...at);
  await told(page).filter({ hasText: /^Bondy\s: / }).waitFor();
  assert.ok(page.url().includes('/observatoire'));
  assert.equal(await page.getByRole('link', { name: 'Ouvrir la fiche : Bondy' }).getAttribute('href'), '/territoires/93010');
  await page.waitForTimeout(700); // sooner, two touches are a zoom
  await page.touchscreen.tap(...at);
  await page.waitForURL('**/territoires/93010');
  await close();
});

test('le bouton rend la carte imprimée, et s\'en souvient le temps de la visite', async () => {
  const { page, asked, close } = await open(view);
  await page.getByRole('button', { name: 'Carte imprimée' }).click();
  assert.ok(await drawing(page).locator('svg').first().isVisible());
  assert.ok(!(await canvas(page).isVisible()));
  assert.deepEqual(await violations(page), []);
  asked.length = 0;
  await page.reload();
  const back = page.getByRole('button', { name: 'Carte à explorer' });
  assert.equal(await back.getAttribute('aria-pressed'), 'false');
  assert.deepEqual(asked.filter((u) => /maplibre|tuiles/.test(u)), []);
  await back.click();
  await canvas(page).waitFor();
  assert.ok(!(await drawing(page).isVisible()));
  await close();
});

test('sur le papier, c\'est le dessin', async () => {
  const { page, close } = await open(view, { colorScheme: 'dark' });
  await page.emulateMedia({ media: 'print' });
  assert.ok(await drawing(page).locator('svg').first().isVisible());
  assert.ok(!(await canvas(page).isVisible()));
  assert.ok(!(await page.locator('.map-choice').isVisible()));
  await close();
});

test('la carte suit le passage au sombre', async () => {
  const { page, errors, close } = await open(view);
  await page.locator('.map-section').evaluate((e) => e.scrollIntoView());
  const box = await canvas(page).boundingBox();
  const corner = [[box.x + 20, box.y + 20]];
  const light = await pixels(page, corner);
  await page.emulateMedia({ colorScheme: 'dark', reducedMotion: 'reduce' });
  await page.waitForTimeout(500);
  const dark = await pixels(page, corner);
  assert.deepEqual([light, dark].map(([c]) => Number(c.split(',')[0]) > 128), [true, false]);
  assert.deepEqual(errors, []);
  await close();
});

test('une quantité est en cercles, jamais en couleurs', async () => {
  const { page, errors, close } = await open('/observatoire?indicateur=population_municipale&dans=93');
  assert.equal(await page.locator('.map-sizes li').count(), 2);
  assert.equal(await page.locator('.map-key .map-bar').count(), 0);
  await list(page).focus();
  await page.keyboard.type('bondy');
  assert.match(await told(page).textContent(), /^Bondy\s: \d{2}\s\d{3} habitants$/);
  assert.deepEqual(await violations(page), []);
  assert.deepEqual(errors, []);
  await close();
});

test('sans WebGL, avec des données comptées ou sans tuiles, le dessin reste', async () => {
  const without = await open(view, { live: false, script: () => {
    document.createElement('canvas').constructor.prototype.getContext = () => null;
  } });
  await without.page.waitForLoadState('networkidle');
  assert.ok(await drawing(without.page).locator('svg').first().isVisible());
  assert.equal(await without.page.locator('.map-live, .map-choice').count(), 0);
  assert.deepEqual(without.asked.filter((u) => /maplibre|tuiles|carte\.json/.test(u)), []);
  assert.deepEqual(without.errors, []);
  await without.close();

  const spared = await open(view, { live: false, script: () => {
    Object.defineProperty(navigator, 'connection', { value: { saveData: true } });
  } });
  await spared.page.getByRole('button', { name: 'Carte à explorer' }).waitFor();
  assert.ok(await drawing(spared.page).locator('svg').first().isVisible());
  assert.deepEqual(spared.asked.filter((u) => /maplibre|tuiles|carte\.json/.test(u)), []);
  await spared.page.getByRole('button', { name: 'Carte à explorer' }).click();
  await canvas(spared.page).waitFor();
  await spared.close();

  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: 'fr-FR' });
  const page = await context.newPage();
  await page.route('**/contours/tuiles/**', (route) => route.abort());
  const gaveUp = page.waitForEvent('console', (m) => m.text().startsWith('carte à explorer'));
  await page.goto(site.url + view);
  await gaveUp;
  assert.ok(await drawing(page).locator('svg').first().isVisible());
  assert.equal(await page.locator('.map-live, .map-choice').count(), 0);
  await context.close();
});
