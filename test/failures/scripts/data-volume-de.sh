#!/bin/bash
# Datenplatte einhängen (mount und mkfs werden hier gespielt)
set -e
mkfs.ext4() {
    echo "mke2fs 1.47.0 (5-Feb-2023)" >&2
    echo "Die Datei /dev/sdb1 existiert nicht und es wurde keine Größe angegeben." >&2
    return 1
}
echo "Lege Einhängepunkt an"
mkdir -p "$(mktemp -d)/daten"
echo "Formatiere /dev/sdb1"
mkfs.ext4 -L daten /dev/sdb1
echo "Hänge ein"
mount /dev/sdb1 /srv/daten
