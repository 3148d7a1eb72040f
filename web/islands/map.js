// SPDX-License-Identifier: EUPL-1.2

// Makes the server's map pannable. The page already has the map as a drawing; it stays for
// print, and for browsers without WebGL, short of data or with a network that fails. The
// address in data-src answers the view: bounds, classes, colours and words are the server's,
// the same as in the drawing. data-library, data-worker and data-sheet are MapLibre's parts.

import { drawKey } from './map/key.js';
import { HINT, listbox } from './map/list.js';
import { names } from './map/names.js';
import { stage } from './map/stage.js';

const NEAR = '400px'; // how far below the window the map starts to load
const REMEMBER = 'maillage-carte'; // for this window only: the form of the map last chosen

for (const section of document.querySelectorAll('[data-island="map"]')) {
  const { src, library, worker, sheet } = section.dataset;
  const figure = section.querySelector('figure');
  if (src && library && worker && sheet && figure && hasWebGL()) prepare(section, figure);
}

function hasWebGL() {
  const context = document.createElement('canvas').getContext('webgl2');
  context?.getExtension('WEBGL_lose_context')?.loseContext(); // browsers count them
  return context !== null;
}

function sparesData() {
  return navigator.connection?.saveData === true || matchMedia('(prefers-reduced-data: reduce)').matches;
}

function prepare(section, figure) {
  const body = figure.querySelector('.figure-body');
  const toggle = choice();
  let live = null;
  let loading = null;

  function show(explore) {
    figure.classList.toggle('is-live', explore);
    toggle.press(explore);
    if (explore) live.resize();
  }
  function load() {
    loading ??= explore(section, body).then((made) => {
      live = made;
      live.onLost(giveUp);
      return live;
    });
    return loading;
  }
  // Whatever fails, the drawing is there and says the same.
  function giveUp(why) {
    console.warn('carte à explorer :', why);
    live?.remove();
    figure.classList.remove('is-live');
    toggle.box.remove();
  }
  async function pick(wanted) {
    remember(wanted);
    if (!wanted && !live) return;
    toggle.box.ariaBusy = 'true';
    try {
      await load();
      show(wanted);
    } catch (e) {
      giveUp(e);
    }
    toggle.box.ariaBusy = null;
  }

  toggle.onChoice((wanted) => pick(wanted));
  if (sparesData() || remembered() === 'imprimee') {
    toggle.press(false);
    body.parentElement.querySelector('figcaption').after(toggle.box);
    return;
  }
  whenNear(section, async () => {
    try {
      await load();
      body.parentElement.querySelector('figcaption').after(toggle.box);
      show(true);
    } catch (e) {
      giveUp(e);
    }
  });
}

function remember(live) {
  try {
    window.sessionStorage.setItem(REMEMBER, live ? 'explorer' : 'imprimee');
  } catch {
    // a browser that keeps nothing: the choice holds for this page
  }
}

function remembered() {
  try {
    return window.sessionStorage.getItem(REMEMBER);
  } catch {
    return null;
  }
}

function whenNear(element, then) {
  const watcher = new IntersectionObserver((entries) => {
    if (!entries.some((e) => e.isIntersecting)) return;
    watcher.disconnect();
    if (document.readyState === 'complete') then();
    else window.addEventListener('load', then, { once: true }); // the page itself comes first
  }, { rootMargin: NEAR });
  watcher.observe(element);
}

// choice is the pair of buttons that says which of the two maps is shown.
function choice() {
  const box = element('div', 'map-choice');
  box.role = 'group';
  box.ariaLabel = 'Forme de la carte';
  const [live, printed] = ['Carte à explorer', 'Carte imprimée'].map((text) => {
    const button = document.createElement('button');
    button.type = 'button';
    button.textContent = text;
    box.append(button);
    return button;
  });
  return {
    box,
    press(explore) {
      live.ariaPressed = String(explore);
      printed.ariaPressed = String(!explore);
    },
    onChoice(then) {
      live.addEventListener('click', () => then(true));
      printed.addEventListener('click', () => then(false));
    },
  };
}

// explore loads the parts, draws the map out of sight and joins what is beside it.
async function explore(section, body) {
  const { src, library, worker, sheet } = section.dataset;
  const [view, maplibre] = await Promise.all([viewOf(src), import(library), styleSheet(sheet)]);
  maplibre.setWorkerUrl(new URL(worker, location.href).href);

  const live = element('div', 'map-live is-loading');
  const frame = element('div', 'map-frame');
  const side = element('div', 'map-side');
  live.append(frame, side);
  body.before(live);
  try {
    const map = await stage(maplibre, frame, view);
    const parts = { map, labels: names(map, view), list: listbox(view), told: reading(), key: drawKey(view), tip: tooltip(map) };
    const credit = element('p', 'map-credit');
    credit.textContent = view.mention;
    frame.append(parts.labels.layer, credit, parts.tip.box);
    side.append(parts.list.box, parts.told.box, parts.key.box);
    const draw = join(parts);
    live.classList.remove('is-loading');
    draw();
    return {
      resize() {
        map.resize();
        draw();
      },
      onLost: map.onLost,
      remove() {
        map.remove();
        live.remove();
      },
    };
  } catch (e) {
    live.remove();
    throw e;
  }
}

// join keeps map, list and sentence on the same territory, and returns what to call when the
// map has moved.
function join({ map, labels, list, told, key, tip }) {
  let current = null; // chosen with the keyboard or by a click
  let under = null; // under the pointer

  function point(place) {
    map.highlight(place?.code ?? null);
    list.hover(place?.code ?? null);
    tip.show(place);
  }
  function choose(place, { move = true } = {}) {
    current = place;
    list.choose(place.code);
    told.say(place);
    if (move) map.bring(place);
    point(place);
  }
  function pass(place) {
    if (place === under) return;
    under = place;
    point(place ?? current);
  }
  function open(place, apart) {
    if (apart) window.open(pageOf(place), '_blank', 'noopener');
    else location.assign(pageOf(place));
  }
  function draw() {
    labels.place();
    key.scale(map.circle());
    tip.follow();
  }

  list.onMove((place) => choose(place));
  list.onOpen((place) => open(place, false));
  list.onHover(pass);
  map.onHover(pass);
  // A finger cannot hover: its first touch tells, the second opens.
  map.onClick((place, { touch, apart }) => {
    if (touch && current !== place) choose(place, { move: false });
    else open(place, apart);
  });
  map.onMove(draw);
  return draw;
}

const pageOf = (place) => `/territoires/${encodeURIComponent(place.code)}`;

function element(name, className) {
  const made = document.createElement(name);
  made.className = className;
  return made;
}

// tooltip is the sentence beside a territory, for the eye; Escape puts it away.
function tooltip(map) {
  const box = element('p', 'map-tip');
  box.ariaHidden = 'true'; // the sentence beside the list is read aloud
  box.hidden = true;
  let shown = null;
  document.addEventListener('keydown', (e) => {
    if (e.key === 'Escape') box.hidden = true;
  });
  return {
    box,
    show(place) {
      shown = place;
      box.hidden = !place;
      if (!place) return;
      const name = document.createElement('strong');
      name.textContent = place.nom;
      box.replaceChildren(name, place.phrase.slice(place.nom.length));
      map.beside(box, place.point);
    },
    follow() {
      if (shown && !box.hidden) map.beside(box, shown.point);
    },
  };
}

async function viewOf(src) {
  const answer = await fetch(src, { headers: { Accept: 'application/json' } });
  if (!answer.ok) throw new Error(`${src}: ${answer.status}`);
  // the apostrophes of the page, where the data has those of a keyboard
  const view = JSON.parse((await answer.text()).replaceAll(/(?<=\p{L})'(?=\p{L})/gu, '’'));
  for (const place of view.lieux) place.couleur = view.classes[place.classe]?.couleur;
  return view;
}

function styleSheet(href) {
  return new Promise((done, failed) => {
    const link = document.createElement('link');
    link.rel = 'stylesheet';
    link.href = href;
    link.onload = done;
    link.onerror = () => failed(new Error(href));
    document.head.prepend(link); // before ours, which refine it
  });
}

// reading is the sentence on the territory that was chosen, read aloud, with the way to its
// page for those who do not use the keyboard; until then, how it works.
function reading() {
  const box = element('div', 'map-told');
  const status = document.createElement('p');
  status.role = 'status';
  const hint = document.createElement('p');
  hint.id = HINT;
  hint.className = 'hint';
  hint.textContent = 'Dans la liste, les flèches parcourent la carte et Entrée ouvre la fiche.';
  const link = document.createElement('a');
  link.hidden = true;
  box.append(status, hint, link);
  return {
    box,
    say(place) {
      hint.hidden = true; // still describes the list
      status.textContent = place.phrase;
      link.href = pageOf(place);
      link.textContent = `Ouvrir la fiche : ${place.nom}`;
      link.hidden = false;
    },
  };
}
