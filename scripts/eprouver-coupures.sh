#!/usr/bin/env bash
# SPDX-License-Identifier: EUPL-1.2
#
# Éprouve les coupures de courant sur SQLite, le journal des actes et le dépôt de fichiers (Linux, root).
#
#   scripts/eprouver-coupures.sh [--manches N] [--coupures N] [--seulement reflets|cache] [--garder]
#
# Chaque manche crée un disque neuf (ext4 dans un périphérique de boucle) et y lance des écrivains qui passent par Maillage.
# Chaque confirmation est notée hors de ce disque. À des instants tirés au hasard, le disque est photographié tel qu'une
# coupure le laisserait ; puis chaque photographie est montée (ext4 rejoue son journal), Maillage l'ouvre, et chaque écriture
# confirmée avant l'instant doit y être, entière : lignes, imports, actes et signatures du journal (vérifié en entier),
# fichiers (relus en entier). integrity_check doit répondre « ok », et le service doit pouvoir écrire de nouveau.
#
# Deux sortes de disque :
#   reflets   le fichier du disque est sur XFS ; la photographie est une copie par reflets (cp --reflink=always), faite d'un
#             coup. Ce que le disque a reçu y est, ce que le noyau gardait en mémoire est perdu.
#   cache     un disque qui a un cache volatil (tools/epreuve, par FUSE) : de ce qui n'a pas été vidé par un FLUSH, une part
#             tirée au hasard a atteint le plateau, par secteurs de 512 octets et sans ordre ; le reste est perdu.
#
# Des témoins montrent que l'essai voit les pertes : les mêmes écritures avec synchronous=NORMAL, le même programme dont
# fsync et fdatasync ne font rien (strace -e inject), et un ext4 monté sans barrières.
set -euo pipefail
cd "$(dirname "$0")/.."

manches=5 coupures=20 seulement="" garder=""
while [ "$#" -gt 0 ]; do
  case $1 in
    --manches) manches=$2; shift 2 ;;
    --coupures) coupures=$2; shift 2 ;;
    --seulement) seulement=$2; shift 2 ;;
    --garder) garder=1; shift ;;
    *) sed -n '3,7p' "$0" | sed 's/^# \{0,1\}//' >&2; exit 2 ;;
  esac
done

refuser() { echo "Cet essai n'est pas possible ici : $1" >&2; exit 3; }
[ "$(uname -s)" = Linux ] || refuser "il faut Linux."
[ "$(id -u)" -eq 0 ] || refuser "il faut être root, pour monter des disques."
for outil in losetup mount mkfs.ext4 go; do
  command -v "$outil" >/dev/null || refuser "la commande $outil manque."
done
dossier=$(mktemp -d /tmp/maillage-coupures.XXXXXX)
photos=$dossier/xfs montage=$dossier/disque relu=$dossier/relu
mkdir "$photos" "$montage" "$relu" "$dossier/fuse"

# Ce qui est ouvert est refermé dans l'ordre inverse, quoi qu'il arrive.
ecrivain="" serveur="" boucle_xfs="" boucle="" boucle_relue=""
tuer() { # tue un processus et ceux qu'il a lancés (strace)
  [ -n "$1" ] || return 0
  kill -9 $(pgrep -P "$1") "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}
demonter() { # un processus tué peut tenir le disque encore un instant
  local essai
  for ((essai = 0; essai < 100; essai++)); do
    mountpoint -q "$1" || return 0
    umount "$1" 2>/dev/null || sleep 0.1
  done
  umount "$1"
}
detacher() { if [ -n "$1" ]; then losetup -d "$1" 2>/dev/null || true; fi; }
fermer_disque() {
  tuer "$ecrivain"; ecrivain=""
  demonter "$montage"; detacher "$boucle"; boucle=""
  if [ -n "$serveur" ]; then
    exec 8>&- 9<&-
    demonter "$dossier/fuse/disque"
    wait "$serveur" 2>/dev/null || true; serveur=""
  fi
}
ranger() {
  fermer_disque
  demonter "$relu"; detacher "$boucle_relue"
  demonter "$photos"; detacher "$boucle_xfs"
  if [ -n "$garder" ]; then echo "Gardé : $dossier"; else rm -rf -- "$dossier"; fi
}
trap ranger EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

losetup -f >/dev/null 2>&1 || refuser "aucun périphérique de boucle (/dev/loop*)."
go build -o "$dossier/epreuve" ./tools/epreuve

sortes="reflets cache"
if [ -n "$seulement" ]; then sortes=$seulement; fi
# Une copie ordinaire n'est pas un instant : le début et la fin du fichier y seraient de deux moments, et l'essai accuserait
# à tort. Sans reflets, cette sorte n'est donc pas jouée.
if ! command -v mkfs.xfs >/dev/null; then
  echo "Sans mkfs.xfs (paquet xfsprogs) il n'y a pas de copie par reflets : la sorte « reflets » n'est pas jouée."
  sortes=${sortes//reflets/}
fi
if [ ! -e /dev/fuse ]; then
  echo "Sans /dev/fuse la sorte « cache » n'est pas jouée."
  sortes=${sortes//cache/}
fi
[ -n "${sortes// /}" ] || refuser "aucune des deux sortes de disque n'est possible."

# Les photographies se gardent en reflets : elles ne prennent que ce qui diffère.
taille=512M
if [[ $sortes == *reflets* ]]; then
  truncate -s 8G "$dossier/xfs.img"
  mkfs.xfs -q -m reflink=1 "$dossier/xfs.img" || refuser "mkfs.xfs ne connaît pas les reflets."
  boucle_xfs=$(losetup -f --show "$dossier/xfs.img")
  mount "$boucle_xfs" "$photos"
fi

# ouvrir_disque SORTE OPTIONS : un disque neuf, monté sur $montage.
ouvrir_disque() {
  local image=$photos/disque.img
  rm -f "$image"
  truncate -s $taille "$image"
  mkfs.ext4 -q -E lazy_itable_init=0,lazy_journal_init=0 "$image"
  if [ "$1" = cache ]; then
    coproc DISQUE { exec "$dossier/epreuve" disque "$dossier/fuse" "$image"; }
    serveur=$DISQUE_PID
    exec 8>&"${DISQUE[1]}" 9<&"${DISQUE[0]}"
    read -r -u 9 reponse
    [ "$reponse" = pret ] || refuser "FUSE ne répond pas."
    image=$dossier/fuse/disque
    boucle=$(losetup -f --show "$image")
  else
    boucle=$(losetup -f --show --direct-io=on "$image")
  fi
  mount -o "$2" "$boucle" "$montage"
}

# photographier SORTE FICHIER : le disque comme une coupure le laisse.
photographier() {
  if [ "$1" = cache ]; then
    echo "couper $2" >&8
    read -r -u 9 reponse
    [ "$reponse" = coupe ] || { echo "le disque n'a pas répondu : $reponse" >&2; exit 1; }
  else
    cp --reflink=always "$photos/disque.img" "$2"
  fi
}

# juger PHOTO OCTETS : monte, vérifie, démonte ; écrit la ligne du vérificateur.
juger() {
  boucle_relue=$(losetup -f --show "$1")
  if mount -o errors=continue "$boucle_relue" "$relu" 2>"$dossier/mount"; then
    "$dossier/epreuve" verifier -confirmes "$dossier/confirmes" -octets "$2" "$relu/site" || true
    umount "$relu"
  else
    echo "  anomalie : ext4 ne se monte plus"
    local n
    n=$(head -c "$2" "$dossier/confirmes" | wc -l)
    echo "confirmees=$n perdues=$n anomalies=1 paires=0 lots=0 actes=0 signatures=0 fichiers=0"
  fi
  losetup -d "$boucle_relue"
  boucle_relue=""
}

# jouer NOM SORTE OPTIONS_EXT4 MANCHES -- COMMANDE… : une ligne du tableau, et le détail de ce qui manque.
jouer() {
  local nom=$1 sorte=$2 options=$3 n=$4; shift 5
  : >"$dossier/resultats"
  : >"$dossier/details"
  local manche coupure
  for ((manche = 1; manche <= n; manche++)); do
    : >"$dossier/confirmes"
    rm -f "$photos"/photo-*
    ouvrir_disque "$sorte" "$options"
    "$@" "$montage/site" >>"$dossier/confirmes" 2>"$dossier/erreurs" &
    ecrivain=$!
    : >"$dossier/instants"
    for ((coupure = 1; coupure <= coupures; coupure++)); do
      sleep "$(printf '0.%03d' $((RANDOM % 500)))"
      stat -c %s "$dossier/confirmes" >>"$dossier/instants" # avant la photographie : ce qui est confirmé ici doit y être
      photographier "$sorte" "$photos/photo-$coupure"
    done
    if ! kill -0 "$ecrivain" 2>/dev/null; then
      echo "L'écrivain s'est arrêté : $(cat "$dossier/erreurs")" >&2
      exit 1
    fi
    fermer_disque
    coupure=0
    while read -r octets; do
      coupure=$((coupure + 1))
      juger "$photos/photo-$coupure" "$octets" >"$dossier/jugement"
      sed -n "s/^confirmees=/manche=$manche &/p" "$dossier/jugement" >>"$dossier/resultats"
      grep -v '^confirmees=' "$dossier/jugement" | head -n 3 | sed "s/^/  manche $manche, coupure $coupure :/" >>"$dossier/details" || true
    done <"$dossier/instants"
  done
  LC_ALL=C awk -v nom="$nom" -v vide="$(printf '%40s' '')" '
    { for (i = 1; i <= NF; i++) { split($i, c, "="); v[c[1]] = c[2]; s[c[1]] += c[2]; fin[v["manche"], c[1]] = c[2] }
      if (v["perdues"] + v["anomalies"] > 0) touchees++ }
    function lettres(texte) { gsub(/[\200-\277]/, "", texte); return length(texte) }
    function ecrites(champ,  m, n) { for (m = 1; m <= v["manche"]; m++) n += fin[m, champ]; return n }
    END { printf "%s%s %8d %11d %12d %9d %10d %9d\n", nom, substr(vide, 1, 34 - lettres(nom)), NR, ecrites("confirmees"), s["confirmees"], s["perdues"], s["anomalies"], touchees
      if (nom !~ /témoin/) printf "  dont %d paires de lignes, %d imports de 2 000 lignes, %d actes, %d signatures, %d fichiers\n", ecrites("paires"), ecrites("lots"), ecrites("actes"), ecrites("signatures"), ecrites("fichiers") }' "$dossier/resultats"
  touchees=$(awk '!/perdues=0 anomalies=0/' "$dossier/resultats" | wc -l)
}

code=0
attendu_sain() { if [ "$touchees" -gt 0 ]; then code=1; head -n 20 "$dossier/details"; fi; }
attendu_perdu() { if [ "$touchees" -eq 0 ]; then code=1; echo "  ce témoin n'a rien perdu : l'essai ne prouve rien"; fi; }
sans_fsync=(strace -f --seccomp-bpf -qq -o /dev/null -e trace=fsync,fdatasync -e inject=fsync,fdatasync:retval=0)

echo "$(date +%d/%m/%Y), Linux $(uname -r), $(nproc) cœurs, ext4 sur boucle ; $manches manches de $coupures coupures par ligne (témoins : 1 manche)"
echo '                                   coupures  confirmées  recherchées   perdues  anomalies  touchées'
for sorte in $sortes; do
  jouer "$sorte : Maillage" "$sorte" defaults "$manches" -- "$dossier/epreuve" ecrire
  attendu_sain
  jouer "  témoin synchronous=NORMAL" "$sorte" defaults 1 -- "$dossier/epreuve" ecrire -normal
  attendu_perdu
  if command -v strace >/dev/null; then
    jouer "  témoin fsync sans effet" "$sorte" defaults 1 -- "${sans_fsync[@]}" "$dossier/epreuve" ecrire
    attendu_perdu
  fi
  if [ "$sorte" = cache ]; then
    jouer "  témoin ext4 sans barrières" "$sorte" nobarrier 1 -- "$dossier/epreuve" ecrire
    attendu_perdu
  fi
done
echo "Une écriture confirmée est recherchée après chaque coupure qui la suit ; « perdues » compte ces recherches. « touchées » : coupures qui ont perdu ou abîmé quelque chose."
exit "$code"
