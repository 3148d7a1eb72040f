// SPDX-License-Identifier: EUPL-1.2

// Keeps what is typed in <form method="post" data-autosave="key" data-autosave-account="…">: at
// once in this browser, a moment later on the server, until the form is accepted. It survives a
// reload, a session that ends, a network that falls, a server that restarts; it never replaces
// one text by another unseen. Without it the form works as any other. See internal/drafts.

import { Keeper } from './autosave/keeper.js';
import * as shelf from './autosave/shelf.js';
import { words } from './autosave/words.js';

const keepers = [];
for (const form of document.querySelectorAll('form[method="post"][data-autosave][data-autosave-account]')) {
  if (!keepers.some((k) => k.key === form.dataset.autosave)) keepers.push(new Keeper(form));
}
if (keepers.length > 0) {
  shelf.sweep(keepers[0].account);
  for (const k of keepers) k.start();
  for (const form of document.querySelectorAll('form[action="/deconnexion"]')) form.addEventListener('submit', leave);
}

// Leaving clears this browser.
function leave(event) {
  if (keepers.some((k) => k.dirty) && !window.confirm(words.leaving)) {
    event.preventDefault();
    return;
  }
  for (const k of keepers) k.stop();
  shelf.clear();
}
