#!/usr/bin/env python3
import json, sys
facts = {f'fact_{n}': 'v' * 40 for n in range(400)}
print('rendering with', json.dumps(facts))
print('ERROR: template rendering failed: undefined variable db_host in app.conf.j2; context was ' + json.dumps(facts), file=sys.stderr)
sys.exit(1)
