#!/usr/bin/python3
import json


class Settings:
    def __init__(self, path):
        try:
            with open(path) as f:
                self.all = json.load(f)
        except OSError as err:
            raise RuntimeError('cannot load settings') from err


print("loading")
Settings('/etc/shop/settings.json')
