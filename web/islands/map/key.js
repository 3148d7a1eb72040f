// SPDX-License-Identifier: EUPL-1.2

// The legend: the server's classes with how many territories each holds, drawn as bars.

export function drawKey(view) {
  const box = document.createElement('div');
  box.className = 'map-key';
  const title = document.createElement('p');
  title.className = 'map-key-title';
  title.textContent = view.unite ? view.unite[0].toUpperCase() + view.unite.slice(1) : view.titre;
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
  box.append(title, list);
  return box;
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
  count.textContent = `${nombre}\u00a0${noun(view, nombre)}`;
  const bar = document.createElement('span');
  bar.className = 'map-bar';
  bar.style.inlineSize = `${(100 * nombre) / most}%`;
  li.append(swatch, label, count, bar);
  return li;
}

function noun(view, n) {
  const one = view.couche === 'communes' ? 'commune' : 'département';
  return n > 1 ? `${one}s` : one;
}
