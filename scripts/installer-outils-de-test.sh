#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
#
# Installe ce que les essais demandent à la machine (Debian ou dérivée), et
# seulement ce qui manque. On peut le relancer sans dommage.
#
#   scripts/installer-outils-de-test.sh          installe
#   scripts/installer-outils-de-test.sh --voir   dit ce qui manque, n'installe rien
#
# PostgreSQL n'est installé que pour ses programmes : aucun service n'est
# démarré, les essais lancent leur propre serveur.
set -euo pipefail

# programme (ou motif de chemin) → paquet qui l'apporte
besoins=(
  "/usr/lib/postgresql/*/bin/initdb|postgresql"
  "/usr/lib/postgresql/*/bin/pg_dump|postgresql-client"
  "chromium|chromium"
  "ogrinfo|gdal-bin"
  "pdftotext|poppler-utils"
  "fc-list|fontconfig"
  "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf|fonts-dejavu-core"
  "make|make"
  "git|git"
)

present() {
  case "$1" in
    /*) compgen -G "$1" >/dev/null ;;
    *) command -v "$1" >/dev/null 2>&1 ;;
  esac
}

manquants=()
for besoin in "${besoins[@]}"; do
  present "${besoin%%|*}" || manquants+=("${besoin##*|}")
done

if [ "${#manquants[@]}" -eq 0 ]; then
  echo "Outils d'essai : tout est là."
  exit 0
fi
echo "Outils d'essai manquants : ${manquants[*]}"
if [ "${1:-}" = "--voir" ]; then
  exit 1
fi

if ! command -v apt-get >/dev/null 2>&1; then
  echo "Cette machine n'a pas apt-get : installez ces outils par ses propres moyens, puis relancez les essais." >&2
  exit 1
fi

# En administrateur (ou simplement l'être déjà).
admin=()
if [ "$(id -u)" -ne 0 ]; then
  if ! command -v sudo >/dev/null 2>&1; then
    echo "Il faut les droits d'administration : relancez ce script en root, ou installez sudo." >&2
    exit 1
  fi
  admin=(sudo)
fi

# Pas de grappe « main » ni de service PostgreSQL sur une machine qui n'en avait pas.
if [ ! -e /etc/postgresql-common/createcluster.conf ]; then
  "${admin[@]}" mkdir -p /etc/postgresql-common
  echo "create_main_cluster = false" | "${admin[@]}" tee /etc/postgresql-common/createcluster.conf >/dev/null
fi

export DEBIAN_FRONTEND=noninteractive
"${admin[@]}" apt-get update -qq
"${admin[@]}" apt-get install -y -qq --no-install-recommends -o Dpkg::Options::=--force-confold "${manquants[@]}"

for besoin in "${besoins[@]}"; do
  if ! present "${besoin%%|*}"; then
    echo "Le paquet ${besoin##*|} est installé mais ${besoin%%|*} reste introuvable." >&2
    exit 1
  fi
done
echo "Outils d'essai installés."
