#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
#
# Démarre un PostgreSQL privé et jetable, lance la commande donnée avec son
# adresse dans MAILLAGE_TEST_POSTGRES_URL, puis l'arrête et l'efface.
#
#   scripts/tester.sh go test ./...
#
# Sans ce script, « go test » démarre lui-même un tel serveur (voir
# internal/platform/db/dbtest) ; avec lui, le serveur vit exactement le temps
# de la commande. Il n'écoute que sur une prise Unix : aucun port à réserver.
set -euo pipefail

if [ "$#" -eq 0 ]; then
  echo "usage : scripts/tester.sh COMMANDE [ARGUMENT…]" >&2
  exit 2
fi
if [ -n "${MAILLAGE_TEST_POSTGRES_URL:-}" ]; then
  exec "$@" # un serveur est déjà désigné
fi

outils=$(compgen -G '/usr/lib/postgresql/*/bin' | sort -V | tail -n 1 || true)
if [ -z "$outils" ] && command -v initdb >/dev/null 2>&1; then
  outils=$(dirname "$(command -v initdb)")
fi
if [ -z "$outils" ]; then
  echo "PostgreSQL est introuvable : lancez d'abord scripts/installer-outils-de-test.sh" >&2
  exit 1
fi

# PostgreSQL refuse de tourner en root : on prend alors le compte « postgres ».
en_postgres=()
if [ "$(id -u)" -eq 0 ]; then
  en_postgres=(setpriv --reuid=postgres --regid=postgres --clear-groups)
fi

# Sous /tmp : le chemin d'une prise Unix est limité à 107 octets.
dossier=$(mktemp -d /tmp/maillage-essai.XXXXXX)
arreter() {
  "${en_postgres[@]}" "$outils/pg_ctl" --pgdata="$dossier/data" --mode=immediate --wait stop >/dev/null 2>&1 || true
  rm -rf -- "$dossier"
}
trap arreter EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

chmod 755 "$dossier"
mkdir -m 700 "$dossier/data" "$dossier/prise"
: >"$dossier/journal"
if [ "$(id -u)" -eq 0 ]; then
  chown postgres:postgres "$dossier/data" "$dossier/prise" "$dossier/journal"
fi

cd_ancien=$PWD
cd / # le compte « postgres » peut ne pas avoir accès au dossier courant
if ! { LC_ALL=C "${en_postgres[@]}" "$outils/initdb" --pgdata="$dossier/data" --username=maillage --auth=trust \
         --encoding=UTF8 --locale=C --no-sync --no-instructions &&
       LC_ALL=C "${en_postgres[@]}" "$outils/pg_ctl" --pgdata="$dossier/data" --log="$dossier/journal" --wait --timeout=60 \
         --options="-c listen_addresses='' -k $dossier/prise -c fsync=off -c synchronous_commit=off -c full_page_writes=off -c max_connections=400 -c wal_level=minimal -c max_wal_senders=0 -c max_wal_size=2GB" \
         start; } >"$dossier/demarrage" 2>&1; then
  echo "PostgreSQL n'a pas démarré :" >&2
  cat "$dossier/demarrage" "$dossier/journal" >&2
  exit 1
fi
cd "$cd_ancien"

export MAILLAGE_TEST_POSTGRES_URL="postgres://maillage@/postgres?host=$dossier/prise&sslmode=disable"
code=0
"$@" || code=$?
exit "$code"
