#!/bin/bash
set -e
ansible-playbook() {
  cat <<'EOF'

PLAY [localhost] ***************************************************************

TASK [Gathering Facts] *********************************************************
ok: [localhost]

TASK [memcached : remove the old one] ******************************************
fatal: [localhost]: FAILED! => {"changed": false, "msg": "Could not find the requested service memcached-old: host"}
...ignoring

TASK [memcached : install] *****************************************************
fatal: [localhost]: FAILED! => {"changed": false, "msg": "No package matching 'memcached-shop' is available"}

PLAY RECAP *********************************************************************
localhost                  : ok=2    changed=0    unreachable=0    failed=1    skipped=0    rescued=0    ignored=1   

EOF
  return 2
}
ansible-playbook -i localhost, -c local site.yml
