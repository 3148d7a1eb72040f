// SPDX-License-Identifier: EUPL-1.2

// What the map takes of MapLibre GL. It is a file of its own (1 MB) so that map.js can show
// the printed map first, and ask for it only where it can run.

export { Map, NavigationControl, ScaleControl, setWorkerUrl } from 'maplibre-gl';
