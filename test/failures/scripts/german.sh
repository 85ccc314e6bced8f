#!/bin/bash
set -e
apt-get() {
  echo "Paketlisten werden gelesen… Fertig"
  echo "Abhängigkeitsbaum wird aufgebaut… Fertig"
  echo "Statusinformationen werden eingelesen… Fertig"
  echo "E: Paket rabbitmq-server-ha kann nicht gefunden werden." >&2
  return 100
}
export LANG=de_DE.UTF-8
apt-get install -y rabbitmq-server-ha
