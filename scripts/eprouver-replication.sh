#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
#
# Éprouve la perte du serveur PostgreSQL principal.
#
#   scripts/eprouver-replication.sh [FOIS]     20 fois par défaut, au moins 2 ; quelques secondes chacune
#
# Deux serveurs PostgreSQL privés (sur une prise Unix, dans un dossier temporaire) : le secours doit avoir écrit une
# validation sur son disque avant que le principal réponde (synchronous_commit=on). Seize écrivains passent par Maillage
# (internal/platform/db) avec l'adresse des deux. À un instant tiré au hasard, tous les processus du principal sont tués
# (SIGKILL) et ses fichiers effacés ; une fois sur deux, le secours est arrêté juste avant. Le secours est promu : chaque
# écriture confirmée doit y être, entière, et les écrivains doivent reprendre sans être relancés. Un témoin finit l'essai :
# sans copie synchrone, des écritures confirmées doivent manquer, sinon l'essai ne verrait rien.
set -euo pipefail
cd "$(dirname "$0")/.."
fois=${1:-20}
case $fois in '' | *[!0-9]* | 0 | 1) echo "usage : scripts/eprouver-replication.sh [FOIS], au moins deux" >&2; exit 2 ;; esac

go test -count=1 -timeout 2h -v -run '^TestFailover$' ./internal/platform/db -failovers "$fois" |
  awk '
    /primary [0-9]+ lost, standby/ {
      match($0, /primary.*/); split(substr($0, RSTART), d, /[^0-9]+/)
      printf "  perte %s%s : %s confirmées, %s perdues ; promu en %s ms, reprise en %s ms\n", d[2],
        /away true/ ? ", secours arrêté avant" : "", d[3], d[5], d[6], d[7]
      next
    }
    / primaries lost, / { match($0, /[0-9]+ primaries.*/); bilan = substr($0, RSTART) }
    /witness, /         { match($0, /witness.*/); temoin = substr($0, RSTART) }
    /are lost/          { pertes = 1 }
    /^--- /             { verdict = $2 }
    !/^(=== |--- |PASS|FAIL|ok)/ && !/primaries lost|witness,/ { print }
    END {
      split(bilan, b, /[^0-9]+/)
      match(temoin, /[0-9]+ of [0-9]+/); split(substr(temoin, RSTART, RLENGTH), t, " of ")
      print ""
      printf "  %-52s %s\n", "principaux perdus (SIGKILL, fichiers effacés)", b[1]
      printf "  %-52s %s\n", "écritures confirmées", b[2]
      printf "  %-52s %s\n", "écritures refusées pendant les bascules", b[3]
      printf "  %-52s %s\n", "écritures confirmées puis perdues", pertes ? "voir ci-dessus" : (verdict == "PASS:" ? "aucune" : "essai inachevé")
      printf "  %-52s %s ms, au plus %s ms\n", "de la perte à la reprise des écritures, médiane", b[4], b[5]
      printf "  %-52s %s sur %s\n", "témoin sans copie synchrone : confirmées et perdues", t[1], t[2]
      exit verdict == "PASS:" ? 0 : 1
    }'
