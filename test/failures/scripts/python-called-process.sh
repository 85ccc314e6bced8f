#!/usr/bin/env python3
import subprocess

def run(*args):
    print('+', *args, flush=True)
    subprocess.run(args, check=True)

run('mkdir', '-p', '/etc/shop')
run('cp', '/opt/shop/unit.service', '/etc/systemd/system/')
run('true')
