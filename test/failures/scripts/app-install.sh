#!/bin/bash
set -e
echo "Locale setup"
perl -e '
print STDERR "perl: warning: Setting locale failed.\nperl: warning: Please check that your locale settings:\n\tLANGUAGE = (unset),\n\tLC_ALL = (unset),\n\tLANG = \"de_DE.UTF-8\"\n    are supported and installed on your system.\nperl: warning: Falling back to the standard locale (\"C\").\n"'
echo "debconf: unable to initialize frontend: Dialog" >&2
echo "debconf: (TERM is not set, so the dialog frontend is not usable.)" >&2
echo "debconf: falling back to frontend: Readline" >&2
cd $(mktemp -d)
echo "Fetching package..."
# the proxy answers with its login page
cat > collector_2.3.1_amd64.deb <<'HTML'
<!DOCTYPE html><html><head><title>Login required</title></head><body>Please log in.</body></html>
HTML
dpkg -i collector_2.3.1_amd64.deb
echo "Installed."
