// SPDX-License-Identifier: EUPL-1.2

// Keeps the figures of a long task current: asks for the page again and replaces what
// changed. When the task is over the server redirects, and so do we.

const EVERY = 1000; // ms
const box = document.querySelector('[data-island="progress"][data-running]');
if (box) watch(box);

async function watch(current) {
  const status = document.createElement('p');
  status.className = 'visually-hidden';
  status.role = 'status';
  current.after(status);
  let said = '';
  for (;;) {
    await new Promise((next) => setTimeout(next, EVERY));
    let answer;
    try {
      answer = await fetch(location.href, { cache: 'no-store' });
    } catch {
      continue; // the network comes back or the person leaves
    }
    if (answer.redirected) return location.replace(answer.url);
    if (!answer.ok) return location.reload();
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const fresh = page.querySelector('[data-island="progress"]');
    if (!fresh) return location.reload();
    current.querySelector('.progress-line')?.replaceChildren(...(fresh.querySelector('.progress-line')?.childNodes ?? []));
    const bar = current.querySelector('progress');
    const newBar = fresh.querySelector('progress');
    if (bar && newBar?.hasAttribute('value')) {
      bar.max = newBar.max;
      bar.value = newBar.value;
    }
    // one spoken sentence every tenth, not one a second
    const tenth = bar ? Math.floor((10 * bar.value) / bar.max) : 0;
    if (String(tenth) !== said) {
      said = String(tenth);
      status.textContent = current.querySelector('.progress-line')?.textContent ?? '';
    }
    if (!fresh.hasAttribute('data-running')) {
      current.replaceWith(fresh);
      return;
    }
  }
}
