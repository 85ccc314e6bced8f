#!/bin/bash
# quick LAMP by hand, good enough
echo "Setting up site..."
cd /tmp
D=lamp.$$
mkdir $D
cd $D
rm old.conf
echo "<VirtualHost *:80>" > site.conf
echo "DocumentRoot /var/www/site" >> site.conf
echo "</VirtualHost>" >> site.conf
unzip -q ../site-release-1.4.zip -d site
cp -r site/public html
chown -R www-data:www-data html
find html -type f | wc -l
[ -f html/index.php ] || { echo "Setup failed"; exit 1; }
echo "Site is up"
