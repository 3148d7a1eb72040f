// SPDX-License-Identifier: EUPL-1.2

// Names of the territories as HTML over the map: our fonts, no glyphs to fetch. Written for
// as many as can be read, inside their outline, the chosen ones and the largest first.

import { inkOn } from './colours.js';

const MOST = 60;

export function names(map, view) {
  const places = view.lieux;
  const layer = document.createElement('div');
  layer.className = 'map-names';
  layer.ariaHidden = 'true'; // the list beside says them
  const shorts = places.map((p) => p.court);
  const labels = places.map((place) => ({
    place,
    area: areaOf(place.cadre),
    texts: textsOf(place, shorts.filter((s) => s === place.court).length === 1),
    forms: null,
  })).sort((a, b) => Number(b.place.choisi ?? false) - Number(a.place.choisi ?? false) || b.area - a.area);
  let drawn = [];

  function place() {
    const { width, height } = map.size();
    const seen = labels.map((label) => ({ label, at: map.project(label.place.point) }))
      .filter(({ at }) => at.x > 0 && at.y > 0 && at.x < width && at.y < height);
    const now = [];
    const radius = ({ rayon = 0 }) => (view.cercles ? map.circle() * rayon : 0);
    const taken = view.cercles ? seen.map(({ label, at }) => around(at, 2 * radius(label.place), 2 * radius(label.place))) : [];
    for (const { label, at } of seen.length > MOST ? [] : seen) {
      const form = formFor(label, at, radius(label.place), taken);
      if (!form) continue;
      taken.push(form.box);
      form.element.style.transform = `translate(${Math.round(form.box[0])}px, ${Math.round(form.box[1])}px)`;
      form.element.hidden = false;
      now.push(form);
    }
    for (const form of drawn) if (!now.includes(form)) form.element.hidden = true;
    drawn = now;
  }

  // A name stands in its outline, or under its circle. A chosen town is named even when its
  // name does not fit, with a halo.
  function formFor(label, at, radius, taken) {
    const room = roomOf(label.place);
    label.forms ??= label.texts.map((text) => written(label.place, text));
    for (const f of label.forms) f.box = around({ x: at.x, y: view.cercles ? at.y + radius + f.height / 2 + 1 : at.y }, f.width, f.height);
    const forms = label.forms.filter((f) => free(taken, f.box));
    const fits = forms.find((f) => f.width <= room.width && f.height <= room.height / 2);
    const form = fits ?? (label.place.choisi ? forms.at(-1) : undefined);
    form?.element.classList.toggle('is-over', !fits || view.cercles !== undefined);
    return form;
  }

  function written(p, text) {
    const element = document.createElement('span');
    element.textContent = text;
    element.className = p.couleur ? `on-${inkOn(p.couleur)}` : 'on-pattern';
    layer.append(element);
    const form = { element, width: element.offsetWidth, height: element.offsetHeight };
    element.hidden = true;
    return form;
  }

  // The server found the widest stretch that is inside the outline.
  function roomOf({ point: [lon, lat], largeur, cadre: [, south, , north] }) {
    return {
      width: map.project([lon + largeur, lat]).x - map.project([lon, lat]).x,
      height: map.project([lon, south]).y - map.project([lon, north]).y,
    };
  }

  return { layer, place };
}

/** The name on a line, on two, and in short unless another has the same short name. */
function textsOf({ nom, court }, unique) {
  const breaks = [...nom.matchAll(/[- ]/g)].map((m) => m.index + 1);
  const middle = breaks.toSorted((a, b) => Math.abs(a - nom.length / 2) - Math.abs(b - nom.length / 2))[0];
  return [nom, middle && `${nom.slice(0, middle).trimEnd()}\n${nom.slice(middle)}`, unique && court].filter(Boolean);
}

const areaOf = ([west, south, east, north]) => (east - west) * (north - south);

const around = ({ x, y }, width, height) => [x - width / 2, y - height / 2, x + width / 2, y + height / 2];

const free = (taken, [l, t, r, b]) => taken.every((o) => r < o[0] || l > o[2] || b < o[1] || t > o[3]);
