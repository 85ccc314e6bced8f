#!/bin/bash
# What a complete box does not see of the host's root; setup.sh reads this file.
# shellcheck disable=SC2154 # SYSTEM, FOREIGN: of setup.sh

# secrets: sets SECRETS to the host's files that hold keys, passwords, data or records of people. Folders stay, empty, so that
# packages find them.
secrets() {
  local name home
  shopt -s nullglob dotglob
  SECRETS=(
    /etc/{shadow,gshadow,passwd,group,subuid,subgid}- /etc/security/opasswd
    /etc/ssh/ssh_host_* /etc/ssl/private/* /etc/pki/tls/private/* /etc/letsencrypt/* /etc/acme/* /etc/krb5.keytab
    /etc/wireguard/* /etc/openvpn/* /etc/ipsec.secrets /etc/ipsec.d/private/* /etc/swanctl/{private,rsa,ecdsa,pkcs8,pkcs12}/*
    /etc/ppp/*-secrets /etc/NetworkManager/system-connections/* /etc/netplan/* /etc/wpa_supplicant/*.conf
    /etc/apt/auth.conf /etc/apt/auth.conf.d/* /etc/docker/key.json /etc/docker/certs.d/* /etc/kubernetes/* /etc/rancher/*
    /etc/sssd/* /etc/luks/* /etc/cryptsetup-keys.d/* /etc/credstore/* /etc/credstore.encrypted/* /etc/mysql/debian.cnf /etc/exim4/passwd*
    /etc/postfix/sasl*/* /etc/postfix/sasl_passwd* /etc/ldap.secret /etc/pam_ldap.secret /etc/boto.cfg /var/lib/systemd/credential.secret
    /var/backups/{passwd,shadow,group,gshadow}* /var/mail/* /var/spool/{mail,cron,at}/* /var/log/{auth.log,secure}*
    /var/log/{audit,journal}/*
  )
  SECRETS+=("${FOREIGN[@]/#//var/lib/}")
  for name in "${DATA[@]}"; do
    SECRETS+=("/var/lib/$name"/*)
  done
  # Accounts whose home is part of the system keep their keys there.
  while IFS=: read -r _ _ _ _ _ home _; do
    case $home in
      */../* | */.. | */./*) ;;
      /usr/?* | /etc/?* | /var/?* | /opt/?*)
        SECRETS+=("${home%/}"/.{ssh,aws,gnupg,kube,docker,netrc,pgpass,my.cnf,git-credentials,*_history})
        ;;
    esac
  done </etc/passwd
  shopt -u nullglob dotglob
  really "${SECRETS[@]}"
  SECRETS=("${FOUND[@]}")
}

# really PATH...: sets FOUND to those that exist, each once, by names without links in their folders; with what they lead to
# where they are links. (A link in the mask would lead mknod out of it. Names are anybody's: no -v, which expands subscripts.)
really() {
  local path folder here=$PWD all=()
  local -A real=() seen=()
  for path in "$@"; do
    [[ -e $path || -L $path ]] || continue
    folder=${path%/*}
    if [[ -z ${real[$folder]+x} ]]; then
      real[$folder]=
      ! cd -P -- "$folder" 2>/dev/null || real[$folder]=$PWD
    fi
    all+=("${real[$folder]}/${path##*/}")
    [[ ! -L $path ]] || all+=("$(readlink -f -- "$path")")
  done
  cd "$here" || fail "$here is gone"
  for path in "${all[@]}"; do
    # Programs are nobody's secret, and other top-level folders are hidden as a whole.
    [[ $path != /@(etc|var|opt)/* ]] || seen[$path]=1
  done
  FOUND=()
  for path in "${!seen[@]}"; do
    folder=${path%/*}
    while [[ -n $folder && -z ${seen[$folder]+x} ]]; do folder=${folder%/*}; done
    # What lies in a hidden folder is hidden with it.
    [[ -n $folder ]] || FOUND+=("$path")
  done
}

# Folders of /var/lib with databases, queues, directories of users, and the keys of services.
readonly DATA=(
  mysql mysql-files mysql-keyring postgresql pgsql mongodb mongo redis valkey cassandra couchdb elasticsearch opensearch
  influxdb clickhouse neo4j rabbitmq etcd consul vault grafana prometheus ldap slapd samba krb5kdc heimdal-kdc sss private
  jenkins gitea gitlab minio zookeeper kafka zerotier-one tailscale tor NetworkManager iwd bluetooth AccountsService
  fail2ban dehydrated acme caddy cloudflared puppet sudo systemd/coredump snmp
)

# A whiteout (character device 0:0) for every name that the box must not see.
mask() {
  local path name hidden=()
  for path in /* /.[!.]*; do
    name=${path#/}
    [[ ! -e $path || $SYSTEM == *" $name "* ]] || hidden+=("$path")
  done
  secrets
  like_host "${hidden[@]}" "${SECRETS[@]}" /etc/x
  printf '%s\0' "${hidden[@]}" /var/tmp "${SECRETS[@]}" | xargs -0 -I{} mknod mask{} c 0 0
  shadow
}

# like_host PATH...: the folders of these paths, in the mask, with the mode and owner that they have on the host.
like_host() {
  local path folder folders=()
  local -A seen=()
  for path in "$@"; do
    folder=${path%/*}
    while [[ -n $folder && -z ${seen[$folder]+x} ]]; do
      seen[$folder]=1
      folders=("./${folder#/}" "${folders[@]}")
      folder=${folder%/*}
    done
  done
  printf '%s\0' "${folders[@]}" |
    tar --create --directory / --no-recursion --null --verbatim-files-from --files-from - |
    tar --extract --preserve-permissions --numeric-owner --directory mask
}

# A password file without passwords, so that su and useradd have what they need.
shadow() {
  local name
  for name in shadow gshadow; do
    [[ ! -f /etc/$name ]] || cp -p --attributes-only "/etc/$name" mask/etc/
  done
  while IFS=: read -r name _; do
    printf '%s:*:20000:0:99999:7:::\n' "$name"
  done </etc/passwd >mask/etc/shadow
  while IFS=: read -r name _; do
    printf '%s:*::\n' "$name"
  done </etc/group >mask/etc/gshadow
  chmod o-rwx mask/etc/shadow mask/etc/gshadow
}
