#!/usr/bin/python3
"""Call the tools the old box had, and keep their answers."""
import subprocess
import sys


def run(*argv):
    print("+", " ".join(argv), flush=True)
    return subprocess.run(argv, check=True, text=True, stdout=subprocess.PIPE).stdout


def main():
    print(run("uname", "-s").strip(), flush=True)
    print(len(run("getent", "passwd").splitlines()), "users", flush=True)
    run("git", "clone", "--depth", "1", "/srv/git/inventory-rules.git", "/tmp/inventory-rules-nope")
    print("rules fetched")


try:
    main()
except subprocess.CalledProcessError as exc:
    raise RuntimeError("inventory failed") from exc
