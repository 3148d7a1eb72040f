#!/bin/sh
# SPDX-License-Identifier: EUPL-1.2
# Makes the fixtures of the readers with GDAL (apt-get install gdal-bin), from the two
# GeoJSON files written by hand. To be run in this folder.
set -eu
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
here=$(pwd)
export OGR_CURRENT_DATE=2026-01-01T00:00:00.000Z

gpkg() { # name, then ogr2ogr options
	name=$1
	shift
	ogr2ogr -f GPKG -lco SPATIAL_INDEX=NO "$@" "$work/$name.gpkg" squares.geojson -nln communes
}
pack() { # one layer's files into a zip without dates
	(cd "$work" && python3 - "$here/$1.zip" "$2" <<'PY'
import glob, sys, zipfile
with zipfile.ZipFile(sys.argv[1], "w", zipfile.ZIP_DEFLATED) as z:
    for f in sorted(glob.glob(sys.argv[2] + ".*")):
        z.writestr(zipfile.ZipInfo("livraison/" + f, (2026, 1, 1, 0, 0, 0)), open(f, "rb").read(), zipfile.ZIP_DEFLATED)
PY
	)
}

gpkg wgs84 -nlt PROMOTE_TO_MULTI
gpkg lambert93 -t_srs EPSG:2154
gpkg rgf93 -t_srs EPSG:4171 -dim XYZ
gpkg lambert2 -t_srs EPSG:27572
gpkg several
ogr2ogr -f GPKG -update -lco SPATIAL_INDEX=NO "$work/several.gpkg" squares.geojson -nln quartiers
ogr2ogr -f GPKG -update -lco SPATIAL_INDEX=NO "$work/several.gpkg" points.geojson -nln points
gpkg chosen
ogr2ogr -f GPKG -update -lco SPATIAL_INDEX=NO "$work/chosen.gpkg" points.geojson -nln points
for f in wgs84 lambert93 rgf93 lambert2 several chosen; do gzip -9nc "$work/$f.gpkg" > "$f.gpkg.gz"; done

rm -f lambert93.geojson && ogr2ogr -f GeoJSON -t_srs EPSG:2154 lambert93.geojson squares.geojson
shape() { name=$1; shift; ogr2ogr -f "ESRI Shapefile" "$@" "$work/$name.shp" squares.geojson; pack "$name" "$name"; }
shape shape-utf8 -lco ENCODING=UTF-8
shape shape-lambert93 -t_srs EPSG:2154 -lco ENCODING=CP1252
shape shape-z -dim XYZ -lco ENCODING=UTF-8
shape shape-m -dim XYM -t_srs EPSG:2154 -lco ENCODING=ISO-8859-15
rm "$work/shape-lambert93.prj" "$work/shape-lambert93.cpg" && cp "$work"/shape-lambert93.dbf "$work/shape-bare.dbf" &&
	cp "$work"/shape-lambert93.shp "$work/shape-bare.shp" && pack shape-bare shape-bare
shape shape-lambert2 -t_srs EPSG:27572
ogr2ogr -f "ESRI Shapefile" "$work/shape-points.shp" points.geojson -lco ENCODING=UTF-8 -nlt MULTIPOINT && pack shape-points shape-points
