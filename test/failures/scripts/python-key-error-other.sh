#!/usr/bin/env python3
"""Writes the application's configuration."""
import os
import sys


def settings():
    return {
        'host': os.environ.get('DB_HOST', 'localhost'),
        'user': os.environ['DB_USER'],
    }


def main():
    print('configuring', os.environ.get('role', '?'))
    with open('/etc/shop.conf', 'w') as out:
        for key, value in settings().items():
            print(f'{key}={value}', file=out)


if __name__ == '__main__':
    sys.exit(main())
