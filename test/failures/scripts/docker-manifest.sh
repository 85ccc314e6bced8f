#!/bin/bash
set -e
docker() {
  [ "$1" != run ] || {
    echo "Unable to find image 'registry.example.com/shop:1.9' locally" >&2
    echo "docker: Error response from daemon: manifest for registry.example.com/shop:1.9 not found: manifest unknown: manifest unknown." >&2
    echo "See 'docker run --help'." >&2
    return 125
  }
}
docker rm -f shop
docker run -d --name shop --restart always registry.example.com/shop:1.9
