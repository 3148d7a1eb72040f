// SPDX-License-Identifier: EUPL-1.2

// The page's own colours, for a canvas that no style sheet reaches, and the patterns of
// areas without a value. Both follow the light or dark scheme.

const NAMES = {
  ground: '--surface', // what is not France
  neighbour: '--sunken', // territories that are not in the view
  limit: '--line-strong', // between territories: 3:1
  ink: '--ink', // outlines of the chosen towns and of the départements
  paper: '--surface', // halo of those outlines, ground of the patterns
  pattern: '--line-strong',
  circle: '--brand', // quantities
  focus: '--focus', // outline of the territory pointed at
};

/** The colours as CSS text "rgb(r, g, b)", read from an element so that light-dark() is resolved. */
export function pageColours(under) {
  const probe = document.createElement('span');
  probe.hidden = true;
  under.append(probe);
  const found = Object.fromEntries(Object.entries(NAMES).map(([name, property]) => {
    probe.style.color = `var(${property})`;
    return [name, getComputedStyle(probe).color];
  }));
  probe.remove();
  return found;
}

/** Calls back when the colours of the page change. */
export function onScheme(then) {
  const query = matchMedia('(prefers-color-scheme: dark)');
  query.addEventListener('change', then);
  return () => query.removeEventListener('change', then);
}

const SIDE = 8; // CSS pixels of a tile of a pattern

/**
 * Diagonal lines for secrecy, dots for what is missing, as images of MapLibre. They are
 * computed rather than drawn and read back, which some browsers blur on purpose.
 */
export function patterns(colours) {
  const scale = Math.max(1, Math.round(window.devicePixelRatio));
  const [paper, ink] = [rgb(colours.paper), rgb(colours.pattern)];
  const image = (distance, reach) => {
    const side = SIDE * scale;
    const data = new Uint8ClampedArray(side * side * 4);
    for (let y = 0; y < side; y++) {
      for (let x = 0; x < side; x++) {
        const away = distance((x + 0.5) / scale, (y + 0.5) / scale);
        const cover = Math.min(1, Math.max(0, (reach - away) * scale + 0.5));
        for (let c = 0; c < 3; c++) data[(y * side + x) * 4 + c] = paper[c] + (ink[c] - paper[c]) * cover;
        data[(y * side + x) * 4 + 3] = 255;
      }
    }
    return { width: side, height: side, data, pixelRatio: scale };
  };
  const line = (x, y) => Math.abs(((x + y) % SIDE) - SIDE / 2) / Math.SQRT2;
  const dot = (x, y) => Math.min(Math.hypot(x - 2, y - 2), Math.hypot(x - 6, y - 6));
  return { hachures: image(line, 0.7), points: image(dot, 1.1) };
}

function rgb(text) {
  return text.match(/[\d.]+/g).slice(0, 3).map(Number);
}

/** The ink that reads better on a class's "#rrggbb". */
export function inkOn(hex) {
  const linear = [1, 3, 5].map((i) => {
    const v = parseInt(hex.slice(i, i + 2), 16) / 255;
    return v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4;
  });
  const luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
  return luminance > 0.18 ? 'dark' : 'light'; // equal contrast with black and white
}
