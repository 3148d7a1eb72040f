// SPDX-License-Identifier: EUPL-1.2

// The legend: the server's classes, with how many territories each holds drawn as bars, or
// the sizes of the circles; then the reasons why some have no value.

export function drawKey(view) {
  const box = document.createElement('div');
  box.className = 'map-key';
  const title = document.createElement('p');
  title.className = 'map-key-title';
  title.textContent = capital(view.unite || view.titre);
  const counted = document.createElement('span');
  counted.className = 'map-count';
  counted.textContent = `Nombre de ${noun(view, 2)} dans chaque classe`;
  const list = document.createElement('ul');
  const most = Math.max(1, ...view.classes.map((c) => c.nombre), ...view.sansValeur.map((a) => a.nombre));
  for (const c of view.classes) {
    if (c.pivot) {
      const pivot = document.createElement('li');
      pivot.className = 'map-pivot';
      pivot.textContent = c.pivot;
      list.append(pivot);
    }
    list.append(row(view, c, most, (swatch) => {
      swatch.style.backgroundColor = c.couleur;
    }));
  }
  for (const a of view.sansValeur) list.append(row(view, a, most, (swatch) => swatch.classList.add(a.motif)));
  const sizes = (view.cercles?.reperes ?? []).map(size);
  if (view.classes.length > 0) title.append(counted);
  box.append(title);
  if (sizes.length > 0) {
    const circles = document.createElement('ul');
    circles.className = 'map-sizes';
    circles.append(...sizes.map((s) => s.li));
    box.append(circles);
  }
  if (list.childElementCount > 0) box.append(list);
  return {
    box,
    /** Draws the sizes as they are on the map: largest is a radius in CSS pixels. */
    scale(largest) {
      for (const s of sizes) s.scale(largest);
    },
  };
}

function row(view, { libelle, nombre }, most, dress) {
  const li = document.createElement('li');
  const swatch = document.createElement('span');
  swatch.className = 'map-swatch';
  dress(swatch);
  const label = document.createElement('span');
  label.textContent = libelle;
  const count = document.createElement('span');
  count.className = 'map-count';
  count.textContent = nombre;
  const what = document.createElement('span');
  what.className = 'visually-hidden';
  what.textContent = ` ${noun(view, nombre)}`;
  count.append(what);
  const bar = document.createElement('span');
  bar.className = 'map-bar';
  bar.style.inlineSize = `${(100 * nombre) / most}%`;
  li.append(swatch, label, count, bar);
  return li;
}

const MOST = 60; // CSS pixels of radius that the legend has room for

function size({ part, libelle }) {
  const li = document.createElement('li');
  const circle = document.createElement('span');
  circle.className = 'map-circle';
  li.append(circle, libelle);
  return {
    li,
    scale(largest) {
      const side = `${Math.round(2 * Math.min(MOST, largest * part))}px`;
      circle.style.inlineSize = side;
      circle.style.blockSize = side;
    },
  };
}

function noun(view, n) {
  const one = view.couche === 'communes' ? 'commune' : 'département';
  return n > 1 ? `${one}s` : one;
}

const capital = (text) => text[0].toUpperCase() + text.slice(1);
