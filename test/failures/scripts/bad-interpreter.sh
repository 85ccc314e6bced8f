#!/bin/bash
set -e
printf '#!/opt/jruby/bin/jruby\nputs 1\n' > /usr/local/bin/rake
chmod +x /usr/local/bin/rake
/usr/local/bin/rake db:migrate
