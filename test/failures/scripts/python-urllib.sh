#!/bin/bash
set -e
python3 -c "
import urllib.request
print('asking for the role')
urllib.request.urlopen('http://127.0.0.1:9/role').read()
"
