// SPDX-License-Identifier: EUPL-1.2

// The MapLibre map itself: our contours as the only ground, values joined by feature-state.

import { onScheme, pageColours, patterns } from './colours.js';

const SOURCE = 'contours';
const CIRCLES = 'cercles';
const NO_VALUE = -1;
// CSS pixels around the territory when the map opens. On a telephone the buttons are in a
// row above it, as map.css says.
const MARGIN = { top: 20, right: 20, bottom: 28, left: 20 };
const NARROW = { top: 64, right: 10, bottom: 44, left: 10 };
const CLOSEST = 13; // zoom, however small the territory
const FARTHEST = 7; // zoom for one that would be smaller than TINY pixels: an island of France's map
const TINY = 24;

const FRENCH = {
  'AttributionControl.ToggleAttribution': 'Montrer ou cacher les sources',
  'AttributionControl.MapFeedback': 'Signaler une erreur sur la carte',
  'FullscreenControl.Enter': 'Plein écran',
  'FullscreenControl.Exit': 'Quitter le plein écran',
  'GeolocateControl.FindMyLocation': 'Trouver ma position',
  'GeolocateControl.LocationNotAvailable': 'Position indisponible',
  'LogoControl.Title': 'MapLibre',
  'Map.Title': 'Carte : les flèches la déplacent, + et − l’agrandissent et la réduisent',
  'Marker.Title': 'Repère',
  'NavigationControl.ResetBearing': 'Remettre le nord en haut',
  'NavigationControl.ZoomIn': 'Agrandir la carte',
  'NavigationControl.ZoomOut': 'Réduire la carte',
  'Popup.Close': 'Fermer',
  'ScaleControl.Feet': 'pieds',
  'ScaleControl.Meters': 'm',
  'ScaleControl.Kilometers': 'km',
  'ScaleControl.Miles': 'milles',
  'ScaleControl.NauticalMiles': 'milles marins',
  'GlobeControl.Enable': 'Globe',
  'GlobeControl.Disable': 'Carte plane',
  'TerrainControl.Enable': 'Relief',
  'TerrainControl.Disable': 'Sans relief',
  'CooperativeGesturesHandler.WindowsHelpText': 'Ctrl et la molette agrandissent la carte',
  'CooperativeGesturesHandler.MacHelpText': '⌘ et la molette agrandissent la carte',
  'CooperativeGesturesHandler.MobileHelpText': 'Deux doigts déplacent la carte',
};

/**
 * Makes the map in frame and resolves once the whole view is drawn; rejects when it cannot
 * be. view is what the server answers for the map.
 */
export async function stage(maplibre, frame, view) {
  const places = new Map(view.lieux.map((p) => [p.code, p]));
  const bounds = [view.cadre.slice(0, 2), view.cadre.slice(2)];
  let home = 0; // zoom of the whole territory
  const fit = { padding: matchMedia('(max-width: 40rem)').matches ? NARROW : MARGIN, maxZoom: CLOSEST };
  const canvas = document.createElement('div');
  canvas.className = 'map-canvas';
  frame.append(canvas);
  const map = new maplibre.Map({
    container: canvas, locale: FRENCH, bounds, fitBoundsOptions: fit,
    style: styleOf(view, pageColours(frame)), attributionControl: false, fadeDuration: 0,
    maxZoom: view.zoomMaximal + 2, minZoom: 3, maxPitch: 0, renderWorldCopies: false,
    dragRotate: false, pitchWithRotate: false, touchPitch: false, cooperativeGestures: true,
  });
  map.touchZoomRotate.disableRotation();
  map.keyboard.disableRotation();
  map.addControl(new maplibre.NavigationControl({ showCompass: false }), 'top-right');
  map.addControl(homeControl(() => map.fitBounds(bounds, fit), view.territoire), 'top-right');
  map.addControl(new maplibre.ScaleControl({ maxWidth: 110 }), 'bottom-left');
  try {
    await drawn(map, () => {
      home = map.getZoom();
      dress(map, view, pageColours(frame), home);
    });
  } catch (e) {
    map.remove();
    throw e;
  }
  const forget = onScheme(() => recolour(map, view, pageColours(frame)));

  let lit = null;
  const found = (e) => places.get(map.queryRenderedFeatures(e.point, { layers: ['lieux'] })[0]?.properties.code) ?? null;
  return {
    resize: () => map.resize(),
    project: (point) => map.project(point),
    size: () => ({ width: canvas.clientWidth, height: canvas.clientHeight }),
    /** The largest circle's radius at the present zoom, in CSS pixels. */
    circle: () => radiusAt(map.getZoom(), home),
    onMove(then) {
      map.on('move', then);
      map.on('resize', then);
    },
    onLost: (then) => map.on('webglcontextlost', then),
    onHover(then) {
      map.on('mousemove', (e) => {
        const place = found(e);
        map.getCanvas().classList.toggle('on-place', place !== null);
        then(place);
      });
      map.on('mouseout', () => then(null));
    },
    onClick(then) {
      map.on('click', (e) => {
        const place = found(e);
        const { pointerType, ctrlKey, metaKey } = e.originalEvent;
        if (place) then(place, { touch: pointerType === 'touch', apart: ctrlKey || metaKey });
      });
    },
    highlight(code) {
      if (lit === code) return;
      if (lit) map.setFeatureState(feature(view, lit), { vise: false });
      if (code) map.setFeatureState(feature(view, code), { vise: true });
      lit = code;
    },
    /** Brings a territory into the window when it is not there. */
    bring(place) {
      const seen = map.getBounds();
      const [west, south, east, north] = place.cadre;
      if (seen.contains([west, south]) && seen.contains([east, north])) return;
      const width = map.project([east, south]).x - map.project([west, south]).x;
      const legible = width > TINY && width < canvas.clientWidth * 0.9;
      if (legible) map.easeTo({ center: place.point });
      else map.fitBounds([[west, south], [east, north]], { ...fit, maxZoom: Math.max(FARTHEST, map.getZoom()) });
    },
    /** Puts an element beside a point, inside the frame. */
    beside(element, point) {
      const { x, y } = map.project(point);
      const { clientWidth: width, clientHeight: height } = frame;
      const left = Math.min(Math.max(x - element.offsetWidth / 2, 4), Math.max(4, width - element.offsetWidth - 4));
      const above = y - element.offsetHeight - 14;
      const top = above >= 4 ? above : Math.min(y + 14, height - element.offsetHeight - 4);
      element.style.transform = `translate(${Math.round(left)}px, ${Math.round(top)}px)`;
    },
    remove() {
      forget();
      map.remove();
    },
  };
}

const feature = (view, code) => ({ source: SOURCE, sourceLayer: view.couche, id: code });

// drawn waits until the tiles in the window are drawn. An error before that is final: a map
// with holes would lie.
function drawn(map, dressed) {
  return new Promise((done, failed) => {
    const error = (e) => failed(e.error ?? new Error('map'));
    map.on('error', error); // stays: MapLibre would write later ones to the console
    map.on('webglcontextlost', () => failed(new Error('WebGL lost')));
    map.once('style.load', () => {
      dressed();
      map.once('idle', done);
    });
  });
}

function styleOf(view, colours) {
  const communes = view.couche === 'communes';
  return {
    version: 8,
    sources: {
      [SOURCE]: { type: 'vector', tiles: [location.origin + view.tuiles], maxzoom: view.zoomMaximal, promoteId: 'code' },
    },
    layers: [
      { id: 'fond', type: 'background', paint: { 'background-color': colours.ground } },
      { id: 'lieux', type: 'fill', source: SOURCE, 'source-layer': view.couche, paint: { 'fill-color': fillOf(view, colours) } },
      {
        id: 'limites', type: 'line', source: SOURCE, 'source-layer': view.couche,
        paint: { 'line-color': colours.limit, 'line-width': ['interpolate', ['linear'], ['zoom'], 7, 0.4, 11, 1] },
      },
      ...(communes ? [{
        id: 'departements', type: 'line', source: SOURCE, 'source-layer': 'departements',
        paint: { 'line-color': colours.ink, 'line-width': 1.5 },
      }] : []),
    ],
  };
}

function fillOf(view, colours) {
  const pairs = view.classes.flatMap((c, i) => [i, c.couleur]);
  return ['match', ['coalesce', ['feature-state', 'classe'], NO_VALUE - 1], ...pairs, NO_VALUE, colours.paper, colours.neighbour];
}

// dress adds what needs images or the values: patterns, outlines, classes.
function dress(map, view, colours, home) {
  const layer = { source: SOURCE, 'source-layer': view.couche };
  const among = (test) => ['in', ['get', 'code'], ['literal', view.lieux.filter(test).map((p) => p.code)]];
  for (const [name, { pixelRatio, ...image }] of Object.entries(patterns(colours))) {
    map.addImage(name, image, { pixelRatio });
    // a pattern cannot depend on a feature's state: a layer for each, filtered
    map.addLayer({ id: name, type: 'fill', ...layer, filter: among((p) => p.motif === name), paint: { 'fill-pattern': name } }, 'limites');
  }
  const round = { 'line-join': 'round', 'line-cap': 'round' };
  const chosen = among((p) => p.choisi);
  const aimed = ['case', ['boolean', ['feature-state', 'vise'], false], 1, 0];
  map.addLayer({ id: 'choisis-halo', type: 'line', ...layer, filter: chosen, layout: round, paint: { 'line-color': colours.paper, 'line-width': 5 } });
  map.addLayer({ id: 'choisis', type: 'line', ...layer, filter: chosen, layout: round, paint: { 'line-color': colours.ink, 'line-width': 2.5 } });
  map.addLayer({ id: 'vise-halo', type: 'line', ...layer, layout: round, paint: { 'line-color': colours.paper, 'line-width': 7, 'line-opacity': aimed } });
  map.addLayer({ id: 'vise', type: 'line', ...layer, layout: round, paint: { 'line-color': colours.focus, 'line-width': 3.5, 'line-opacity': aimed } });
  for (const p of view.lieux) map.setFeatureState(feature(view, p.code), { classe: p.classe });
  if (view.cercles) circles(map, view, colours, home);
}

// Circles grow with the zoom, but slower than the map: they part from one another.
const RADIUS = 24; // CSS pixels of the largest, the whole territory in view
const GROWTH = 1.35; // for each zoom

const radiusAt = (zoom, home) => RADIUS * GROWTH ** (zoom - home);

function circles(map, view, colours, home) {
  const features = view.lieux.filter((p) => p.rayon).sort((a, b) => b.rayon - a.rayon) // the large ones under the small
    .map((p) => ({ type: 'Feature', properties: { rayon: p.rayon }, geometry: { type: 'Point', coordinates: p.point } }));
  const at = (zoom) => ['*', radiusAt(zoom, home), ['get', 'rayon']];
  map.addSource(CIRCLES, { type: 'geojson', data: { type: 'FeatureCollection', features } });
  map.addLayer({
    id: CIRCLES, type: 'circle', source: CIRCLES, layout: { 'circle-sort-key': ['-', ['get', 'rayon']] },
    paint: {
      'circle-color': colours.circle, 'circle-opacity': 0.85, 'circle-stroke-color': colours.paper, 'circle-stroke-width': 1.5,
      'circle-radius': ['interpolate', ['exponential', GROWTH], ['zoom'], home - 4, at(home - 4), home + 8, at(home + 8)],
    },
  });
}

function recolour(map, view, colours) {
  const paint = {
    fond: { 'background-color': colours.ground }, lieux: { 'fill-color': fillOf(view, colours) }, limites: { 'line-color': colours.limit },
    departements: { 'line-color': colours.ink }, 'choisis-halo': { 'line-color': colours.paper }, choisis: { 'line-color': colours.ink },
    'vise-halo': { 'line-color': colours.paper }, vise: { 'line-color': colours.focus },
    [CIRCLES]: { 'circle-color': colours.circle, 'circle-stroke-color': colours.paper },
  };
  for (const [id, values] of Object.entries(paint)) {
    if (!map.getLayer(id)) continue;
    for (const [name, value] of Object.entries(values)) map.setPaintProperty(id, name, value);
  }
  for (const [name, { width, height, data }] of Object.entries(patterns(colours))) map.updateImage(name, { width, height, data });
}

// homeControl is a button that shows the whole territory again.
function homeControl(home, territory) {
  const box = document.createElement('div');
  box.className = 'maplibregl-ctrl maplibregl-ctrl-group';
  const button = document.createElement('button');
  button.type = 'button';
  button.className = 'map-home';
  button.ariaLabel = `Revenir à la vue d’ensemble : ${territory}`;
  button.title = button.ariaLabel;
  const icon = document.createElement('span');
  icon.className = 'maplibregl-ctrl-icon';
  icon.ariaHidden = 'true';
  button.append(icon);
  button.addEventListener('click', home);
  box.append(button);
  return { onAdd: () => box, onRemove: () => box.remove() };
}
