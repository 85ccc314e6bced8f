#!/usr/bin/env python3
"""Writes the application's configuration."""
import os
import sys


def settings():
    return {
        'host': os.environ['DB_HOST'],
        'port': int(os.environ.get('DB_PORT', '5432')),
    }


def main():
    print('configuring', os.environ.get('role', '?'))
    with open('/etc/shop.conf', 'w') as out:
        for key, value in settings().items():
            print(f'{key}={value}', file=out)


if __name__ == '__main__':
    sys.exit(main())
