#!/bin/bash
set -e
cp() { echo "cp: der Aufruf von stat für '$1' ist nicht möglich: Datei oder Verzeichnis nicht gefunden" >&2; return 1; }
echo "Konfiguration wird kopiert"
cp /opt/shop/app.conf /etc/app.conf
echo fertig
