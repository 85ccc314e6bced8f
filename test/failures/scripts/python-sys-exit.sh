#!/usr/bin/env python3
import os, sys

builds = {'staging': '1.5.0-rc1'}
for n in range(3):
    print('looking for builds, page', n)
env = 'pro' + 'duction'
if env not in builds:
    sys.exit('deploy: no build for environment ' + env)
