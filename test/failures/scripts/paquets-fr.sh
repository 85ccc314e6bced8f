#!/bin/bash
# apt-get est joué
apt-get() {
    case "$1" in
    update) printf '%s\n' "Atteint :1 http://mirror.example.com/debian bookworm InRelease" "Atteint :2 http://mirror.example.com/debian-security bookworm-security InRelease" "Lecture des listes de paquets... Fait" ;;
    install)
        echo "Lecture des listes de paquets... Fait"
        echo "Construction de l'arbre des dépendances... Fait"
        echo "Lecture des informations d'état... Fait"
        echo "Aucune version du paquet php7.4-fpm n'est disponible, mais il existe dans la base"
        echo "de données. Cela signifie en général que le paquet est manquant, qu'il est devenu obsolète"
        echo "ou qu'il n'est disponible que sur une autre source"
        echo ""
        echo "E: Le paquet « php7.4-fpm » n'a pas de version susceptible d'être installée" >&2
        return 100 ;;
    esac
}
apt-get update || exit 1
apt-get install -y php7.4-fpm php7.4-mysql
RC=$?
if [ $RC != 0 ]; then
    echo "Échec de l'installation (code $RC)"
    exit $RC
fi
echo "Terminé"
