#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
#
# Éprouve les arrêts brutaux : un processus qui écrit est tué (SIGKILL) à un instant tiré au hasard, un grand nombre de
# fois, sur SQLite et sur PostgreSQL. Chaque écriture confirmée doit y être, aucune à moitié.
#
#   scripts/eprouver-arrets.sh [FOIS]     100 fois par moteur et par essai, par défaut
#
# Ce sont les essais « TestKill » du dépôt, en plus long : la base (écritures et imports), puis la boîte d'envoi des
# courriels (un courriel n'est reçu deux fois que si l'envoi a été interrompu pendant l'échange avec le serveur). Un arrêt
# brutal n'est pas une coupure de courant : pour elle, voir scripts/eprouver-coupures.sh.
set -euo pipefail
cd "$(dirname "$0")/.."
fois=${1:-100}
case $fois in '' | *[!0-9]* | 0) echo "usage : scripts/eprouver-arrets.sh [FOIS]" >&2; exit 2 ;; esac

code=0
for essai in "db:écritures et imports" "mail:boîte d'envoi"; do
  echo "${essai#*:} (internal/platform/${essai%%:*})"
  scripts/tester.sh go test -count=1 -timeout 2h -v -run '^TestKill$' "./internal/platform/${essai%%:*}" -kills "$fois" |
    awk '
      /^=== (RUN|NAME|CONT) / { moteur = $3; sub(/.*\//, "", moteur); next }
      /rows acknowledged before/ {
        match($0, /[0-9]+ rows.*/); split(substr($0, RSTART), d, /[^0-9]+/)
        bilan[moteur] = d[2] " arrêts, " d[1] " écritures confirmées"; next
      }
      / kills, .* messages/ {
        match($0, /[0-9]+ kills.*/); split(substr($0, RSTART), d, /[^0-9]+/)
        bilan[moteur] = d[1] " arrêts, " d[2] " courriels, " d[4] " trouvés interrompus, " d[5] " reçus deux fois"; next
      }
      /^ *--- (PASS|FAIL): TestKill\// { nom = $3; sub(/.*\//, "", nom); resultat[nom] = $2 == "PASS:" ? "aucune perte" : "ÉCHEC"; next }
      /^--- / { verdict = $2; next }
      !/^(PASS|FAIL|ok|===)/ { print }
      END {
        for (m in resultat) printf "  %-10s %s ; %s\n", m, bilan[m], resultat[m]
        exit verdict == "PASS:" ? 0 : 1
      }' || code=1
done
exit "$code"
