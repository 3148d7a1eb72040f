// SPDX-License-Identifier: EUPL-1.2

// The territories of the map as a list, for the keyboard and for screen readers: arrows
// move, letters jump, Enter opens.

const PAGE = 10;
const PATIENCE = 700; // ms between two letters of one word

/** The id of the sentence that says how the list is used. */
export const HINT = 'carte-lieux-aide';

export function listbox(view) {
  const places = view.lieux;
  const box = document.createElement('div');
  box.className = 'map-list';
  const title = document.createElement('p');
  title.id = 'carte-lieux-titre';
  title.className = 'map-list-title';
  title.textContent = view.couche === 'communes' ? `${places.length} ${places.length > 1 ? 'communes' : 'commune'}` : `${places.length} départements`;
  const list = document.createElement('ul');
  list.role = 'listbox';
  list.tabIndex = 0;
  list.setAttribute('aria-labelledby', title.id);
  list.setAttribute('aria-describedby', HINT);
  const options = places.map((place, i) => option(view, place, i));
  list.append(...options);
  box.append(title, list);

  const rank = new Map(places.map((p, i) => [p.code, i]));
  let active = -1;
  let pointed = -1;
  let typed = '';
  let timer = 0;
  let moved = () => {};
  let opened = () => {};
  let hovered = () => {};

  function choose(code) {
    options[active]?.setAttribute('aria-selected', 'false');
    active = rank.get(code);
    const li = options[active];
    li.setAttribute('aria-selected', 'true');
    list.setAttribute('aria-activedescendant', li.id);
    // not scrollIntoView, which would also scroll the page under a pointer
    if (li.offsetTop < list.scrollTop) list.scrollTop = li.offsetTop;
    else if (li.offsetTop + li.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = li.offsetTop + li.offsetHeight - list.clientHeight;
  }
  const go = (i) => moved(places[Math.min(Math.max(i, 0), places.length - 1)]);
  const indexOf = (e) => options.indexOf(e.target.closest('[role="option"]'));

  list.addEventListener('focus', () => {
    // a mouse that presses an option chooses it itself
    if (active < 0 && list.matches(':focus-visible')) go(Math.max(0, places.findIndex((p) => p.choisi)));
  });
  list.addEventListener('click', (e) => {
    const i = indexOf(e);
    if (i >= 0) go(i);
  });
  list.addEventListener('dblclick', (e) => {
    const i = indexOf(e);
    if (i >= 0) opened(places[i]);
  });
  list.addEventListener('pointerover', (e) => {
    if (e.pointerType === 'mouse') hovered(places[indexOf(e)] ?? null);
  });
  list.addEventListener('pointerleave', () => hovered(null));
  list.addEventListener('keydown', (e) => {
    if (e.ctrlKey || e.metaKey || e.altKey || e.isComposing) return;
    const steps = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + PAGE, PageUp: active - PAGE, Home: 0, End: places.length - 1 };
    if (Object.hasOwn(steps, e.key)) go(steps[e.key]);
    else if (e.key === 'Enter' && active >= 0) opened(places[active]);
    else if (e.key.length === 1 && (e.key !== ' ' || typed !== '')) jump(e.key);
    else return;
    e.preventDefault();
  });

  function jump(letter) {
    clearTimeout(timer);
    timer = setTimeout(() => {
      typed = '';
    }, PATIENCE);
    typed += fold(letter);
    // the same letter again goes on to the next name
    const word = [...typed].every((c) => c === typed[0]) ? typed[0] : typed;
    const from = word.length === 1 ? active + 1 : Math.max(active, 0);
    const order = places.map((_, i) => (from + i) % places.length);
    const found = order.find((i) => fold(places[i].nom).startsWith(word)) ?? order.find((i) => fold(places[i].nom).replace(/^(le|la|les|l) /, '').startsWith(word));
    if (found !== undefined) go(found);
  }

  return {
    box,
    choose,
    /** Shows which territory the pointer is on. */
    hover(code) {
      options[pointed]?.classList.remove('is-pointed');
      pointed = rank.get(code) ?? -1;
      options[pointed]?.classList.add('is-pointed');
    },
    onMove: (then) => {
      moved = then;
    },
    onOpen: (then) => {
      opened = then;
    },
    onHover: (then) => {
      hovered = then;
    },
  };
}

function option(view, place, i) {
  const li = document.createElement('li');
  li.id = `carte-lieu-${i}`;
  li.role = 'option';
  li.ariaSelected = 'false';
  const swatch = document.createElement('span');
  swatch.className = `map-swatch ${place.motif ?? (view.cercles ? 'rond' : '')}`;
  if (place.couleur) swatch.style.backgroundColor = place.couleur;
  if (view.cercles && !place.motif) swatch.style.scale = Math.max(0.15, place.rayon ?? 0);
  const name = document.createElement('span');
  name.textContent = place.nom;
  const value = document.createElement('span');
  value.className = 'map-value';
  value.textContent = place.valeur;
  li.append(swatch, name, ' ', value);
  if (place.choisi) {
    li.classList.add('is-chosen');
    const word = document.createElement('span');
    word.className = 'visually-hidden';
    word.textContent = ', mise en avant';
    li.append(word);
  }
  return li;
}

/** Lower case, no accents, no hyphens: what a person types. */
function fold(text) {
  return text.normalize('NFD').replaceAll(/\p{M}/gu, '').toLowerCase().replaceAll(/[^a-z0-9]/g, ' ');
}
