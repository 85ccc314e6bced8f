#!/usr/bin/env bash
set -uo pipefail
# docker is played
docker() {
    case "$1" in
    info) echo "Server Version: 24.0.7" ;;
    pull)
        echo "Error response from daemon: manifest for registry.example.com/shop/api:v2.9 not found: manifest unknown: manifest unknown" >&2
        return 1 ;;
    esac
}
retry() {
    local max=$1 n=0; shift
    until "$@"; do
        n=$((n + 1))
        if ((n >= max)); then
            echo "retry: '$*' failed $n times, no more" >&2
            return 1
        fi
        echo "retry: $n/$max in 0s" >&2
    done
}
docker info | sed 's/^/docker: /'
docker rm -f shop-api 2>/dev/null || true
retry 3 docker pull registry.example.com/shop/api:v2.9 || exit 7
docker run -d --name shop-api registry.example.com/shop/api:v2.9
