# shellcheck shell=bash
# What modules share. Sourced, never run.
