// SPDX-License-Identifier: EUPL-1.2

// What the browser tests share: Debian's Chromium, a program of ours started and stopped,
// axe-core with its French messages.

import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { chromium } from 'playwright-core';

const require = createRequire(import.meta.url);
const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
const axeFrench = JSON.parse(readFileSync(require.resolve('axe-core/locales/fr.json'), 'utf8'));

/** Debian's browser, or the one named by CHROMIUM. */
export function launch() {
  const path = process.env.CHROMIUM ?? ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(existsSync);
  if (!path) throw new Error('aucun Chromium : apt-get install chromium, ou CHROMIUM=/chemin');
  return chromium.launch({ executablePath: path, args: ['--no-sandbox', '--disable-dev-shm-usage', '--force-color-profile=srgb'] });
}

/**
 * Starts a program that prints its address on its first line, and resolves to
 * { url, stop }. Its group is stopped, since `go run` starts the real one under it.
 */
export async function start(command, args, options = {}) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'], detached: true, ...options });
  const stop = (signal = 'SIGINT') => new Promise((done) => {
    if (child.exitCode !== null || child.signalCode !== null) return done();
    child.once('exit', done);
    process.kill(-child.pid, signal);
  });
  const lines = createInterface({ input: child.stdout });
  for await (const line of lines) {
    const url = line.match(/https?:\/\/\S+/)?.[0];
    if (url) {
      child.stdout.resume();
      return { url: url.replace(/\/$/, ''), stop };
    }
  }
  throw new Error(`${command} s'est arrêté sans donner d'adresse`);
}

/** The violations that axe finds in the page, one French line each. */
export async function violations(page) {
  const session = await page.context().newCDPSession(page); // past the page's own CSP, which stays in force
  const evaluate = async (expression) => {
    const { result, exceptionDetails } = await session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
    return result.value;
  };
  await evaluate(`${axeSource};axe.configure({ locale: ${JSON.stringify(axeFrench)} })`);
  const found = await evaluate(`axe.run(document, { resultTypes: ['violations'],
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'] }).then((r) => r.violations)`);
  await session.detach();
  return found.flatMap((v) => v.nodes.map((n) => `${v.id} : ${v.help} – ${n.target.join(' ')} – ${n.failureSummary?.replaceAll(/\s+/g, ' ')}`));
}

/** How far the page is wider than its window, in CSS pixels; 0 when it does not scroll sideways. */
export function overflow(page) {
  return page.evaluate(() => Math.max(0, document.documentElement.scrollWidth - document.documentElement.clientWidth));
}

/** Errors that the page writes to the console (a refused script or style among them). */
export function complaints(page) {
  const all = [];
  page.on('console', (m) => {
    if (m.type() === 'error') all.push(m.text());
  });
  page.on('pageerror', (e) => all.push(String(e)));
  return all;
}

/** Steps into an account of the demonstration, by the name on its card. */
export async function stepInto(page, url, name) {
  await page.goto(`${url}/demonstration`);
  await page.getByRole('button', { name }).first().click();
  await page.waitForURL((u) => u.pathname !== '/demonstration');
}
