#!/bin/bash
set -e
puppet() {
  printf '\033[0;32mInfo: Using environment '"'production'"'\033[0m\n'
  printf '\033[0;32mInfo: Retrieving pluginfacts\033[0m\n'
  printf '\033[1;31mError: Could not retrieve catalog from remote server: Error 500 on SERVER: Server Error: Evaluation Error: Error while evaluating a Function Call, Could not find class ::shop for ip-10-0-0-1 (file: /etc/puppetlabs/code/site.pp, line: 12, column: 3) on node ip-10-0-0-1\033[0m\n' >&2
  printf '\033[1;33mWarning: Not using cache on failed catalog\033[0m\n'
  printf '\033[1;31mError: Could not retrieve catalog; skipping run\033[0m\n' >&2
  return 1
}
puppet agent --onetime --no-daemonize --verbose
