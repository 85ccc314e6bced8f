#!/usr/bin/env python3
"""Render the vhost files out of sites.json."""
import json
import logging
import os
import shutil
import sys
import tempfile

logging.basicConfig(level=logging.INFO, format="%(asctime)s %(process)d %(levelname)s %(message)s")
log = logging.getLogger("vhosts")

TEMPLATE = """server {{
    listen {port};
    server_name {name};
    root {root};
}}
"""


def load(path):
    with open(path) as fh:
        return json.load(fh)


def render(site, out):
    log.info("rendering %s", site["name"])
    text = TEMPLATE.format(port=site["port"], name=site["name"], root=site["docroot"])
    with open(os.path.join(out, site["name"] + ".conf"), "w") as fh:
        fh.write(text)


def main():
    out = tempfile.mkdtemp(prefix="nginx-sites-")
    log.info("output folder %s", out)
    src = os.path.join(out, "sites.json")
    with open(src, "w") as fh:
        json.dump([
            {"name": "www.example.org", "port": 80, "docroot": "/srv/www"},
            {"name": "api.example.org", "port": 8080, "docroot": "/srv/api"},
            {"name": "static.example.org", "port": 80, "root": "/srv/static"},
        ], fh)
    try:
        for site in load(src):
            render(site, out)
    finally:
        log.info("removing %s", out)
        shutil.rmtree(out)
    log.info("all vhosts rendered")


if __name__ == "__main__":
    sys.exit(main())
