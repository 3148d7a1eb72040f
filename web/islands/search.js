// SPDX-License-Identifier: EUPL-1.2

// Suggestions under a search box: an ARIA 1.2 combobox with a list. The form works
// without it. The address in data-src answers
//   {"results": [{"code": "93066", "nom": "Saint-Denis", "detail": "…", "url": "/territoires/93066"}]}

const WAIT = 120; // ms after the last keystroke
const SHOWN = 8;

for (const form of document.querySelectorAll('form[data-island="search"]')) {
  const input = form.querySelector('input[type="search"]');
  if (input && form.dataset.src) combobox(form, input, form.dataset.src);
}

function combobox(form, input, src) {
  const id = `${input.id}-liste`;
  const list = document.createElement('ul');
  list.id = id;
  list.className = 'suggestions';
  list.role = 'listbox';
  list.ariaLabel = 'Territoires proposés';
  list.hidden = true;
  const status = document.createElement('p');
  status.className = 'visually-hidden';
  status.role = 'status';
  form.append(list, status);
  form.classList.add('has-suggestions');
  input.role = 'combobox';
  input.setAttribute('aria-autocomplete', 'list');
  input.setAttribute('aria-expanded', 'false');
  input.setAttribute('aria-controls', id);

  let items = [];
  let active = -1;
  let timer = 0;
  let asked = null;

  function close() {
    list.hidden = true;
    active = -1;
    input.setAttribute('aria-expanded', 'false');
    input.removeAttribute('aria-activedescendant');
  }

  function show(results) {
    items = results.slice(0, SHOWN);
    list.replaceChildren(...items.map(option));
    active = -1;
    input.removeAttribute('aria-activedescendant');
    list.hidden = items.length === 0;
    input.setAttribute('aria-expanded', String(items.length > 0));
    status.textContent = items.length === 0
      ? 'Aucune proposition'
      : `${items.length} ${items.length > 1 ? 'propositions' : 'proposition'}`;
  }

  function option(item, i) {
    const li = document.createElement('li');
    li.id = `${id}-${i}`;
    li.role = 'option';
    li.ariaSelected = 'false';
    const name = document.createElement('span');
    name.textContent = item.nom;
    li.append(name);
    if (item.detail) {
      const detail = document.createElement('small');
      detail.textContent = item.detail;
      li.append(' ', detail);
    }
    // mousedown comes before the box loses focus, which closes the list
    li.addEventListener('mousedown', (e) => {
      e.preventDefault();
      go(item);
    });
    return li;
  }

  function move(to) {
    list.children[active]?.setAttribute('aria-selected', 'false');
    active = (to + items.length) % items.length;
    const li = list.children[active];
    li.setAttribute('aria-selected', 'true');
    li.scrollIntoView({ block: 'nearest' });
    input.setAttribute('aria-activedescendant', li.id);
  }

  function go(item) {
    if (item.url?.startsWith('/') && !item.url.startsWith('//')) location.assign(item.url);
  }

  async function ask() {
    asked?.abort();
    const q = input.value.trim();
    if (q === '') {
      close();
      status.textContent = '';
      return;
    }
    const mine = new AbortController();
    asked = mine;
    try {
      const url = new URL(src, location.href);
      url.searchParams.set('q', q);
      url.searchParams.set('limit', String(SHOWN));
      const answer = await fetch(url, { signal: mine.signal, headers: { Accept: 'application/json' } });
      if (!answer.ok) throw new Error(String(answer.status));
      const body = await answer.json();
      if (mine === asked && document.activeElement === input) show(body.results ?? []);
    } catch (e) {
      if (e.name !== 'AbortError') close(); // the form still searches
    }
  }

  input.addEventListener('input', () => {
    clearTimeout(timer);
    timer = setTimeout(ask, WAIT);
  });
  input.addEventListener('blur', close);
  input.addEventListener('keydown', (e) => {
    if (e.isComposing) return;
    const open = !list.hidden;
    if (e.key === 'ArrowDown' || e.key === 'ArrowUp') {
      e.preventDefault();
      if (!open) ask();
      else move(e.key === 'ArrowDown' ? active + 1 : active < 0 ? items.length - 1 : active - 1);
    } else if (e.key === 'Enter' && open && active >= 0) {
      e.preventDefault();
      go(items[active]);
    } else if (e.key === 'Escape' && open) {
      e.preventDefault();
      close();
    } else if (e.key === 'Tab') {
      close();
    }
  });
}
