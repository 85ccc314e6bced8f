#!/bin/bash
set -euo pipefail
terraform() {
  printf '\033[0m\033[1mInitializing the backend...\033[0m\n'
  printf '\033[31m╷\033[0m\n\033[31m│\033[0m \033[1m\033[31mError: \033[0m\033[1mInvalid provider configuration\033[0m\n'
  printf '\033[31m│\033[0m \n\033[31m│\033[0m Provider "registry.terraform.io/hashicorp/aws" requires explicit configuration.\n'
  printf '\033[31m│\033[0m Add a provider block to the root module.\n\033[31m╵\033[0m\n'
  return 1
} >&2
terraform apply -auto-approve
