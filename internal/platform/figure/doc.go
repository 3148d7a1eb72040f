// SPDX-License-Identifier: EUPL-1.2

// Package figure draws charts and maps once, on the server, so that the same figure
// serves the page, the print, the document and the mail.
//
// A figure is declared (Bars, Lines, Stacks, Panels, Dots, Histogram, Map, Spark) and gives:
//
//   - SVG: accessible drawing (title, description, unique ids, no style attribute, so
//     that a strict Content-Security-Policy lets it pass);
//   - PNG: the same scene through a rasteriser of our own, no browser needed;
//   - Table: the same data, header and rows, for the <table> that stands beside it;
//   - Sentence: what it shows, in one French sentence, for alt texts and captions.
//
// Between the declaration and the outputs there is a Scene: rectangles, lines, paths and
// texts with their widths measured, so that nothing is clipped and nothing overlaps.
//
// Promises: bars start at zero; a missing year breaks a line and is never bridged; a value
// that is missing, secret or without object is hatched or dotted and says so in words,
// and is never zero; no information goes by colour alone; numbers are French; a total
// is never recomputed from its parts; NaN and infinities are missing values, whatever the
// caller meant by them.
package figure
