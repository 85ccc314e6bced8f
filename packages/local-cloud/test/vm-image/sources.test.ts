import { describe, expect, test } from '@jest/globals';
import { sourcesFor, sourcesOf } from '../../src/vm-image/sources.ts';

const list = (text: string) => [{ path: '/etc/apt/sources.list', text }];
const stanza = (text: string) => [{ path: '/etc/apt/sources.list.d/debian.sources', text }];

test('one-line sources of the release and its updates are kept as they stand', () => {
  const kept = [
    'deb http://mirror.example/debian bookworm main contrib # ours',
    'deb [arch=amd64 signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.example/debian bookworm-updates main',
    'deb  http://mirror.example/debian-security  bookworm-security  non-free-firmware main',
  ];
  const others = [
    'deb-src http://mirror.example/debian bookworm main',
    '# deb http://mirror.example/debian bookworm main',
    'deb http://mirror.example/debian bookworm-backports main',
    'deb http://mirror.example/debian trixie main',
    'deb http://tools.example/apt tools-bookworm main',
    'deb http://mirror.example/debian bookworm contrib # no main',
    'deb http://mirror.example/flat ./',
    '',
  ];
  expect(sourcesOf(list([...kept, ...others].join('\n')), 'bookworm')).toEqual({
    list: `${kept.join('\n')}\n`,
  });
});

test('a deb822 stanza keeps its mirror and key, and loses suites of others, comments and source packages', () => {
  const text = `Types: deb deb-src
# http://snapshot.example/archive
URIs: http://one.example/debian
 http://two.example/debian
Suites: bookworm bookworm-updates bookworm-backports
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY865UxYJKwYBBAHaRw8BAQdA
 -----END PGP PUBLIC KEY BLOCK-----

Types: deb
URIs: https://tools.example
Suites: nodistro
Components: main

Types: deb
Enabled: no
URIs: http://off.example
Suites: bookworm
Components: main

Types: deb-src
URIs: http://source.example
Suites: bookworm
Components: main
`;
  expect(sourcesOf(stanza(text), 'bookworm')).toEqual({
    sources: `Types: deb
Suites: bookworm bookworm-updates
URIs: http://one.example/debian
 http://two.example/debian
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 mDMEY865UxYJKwYBBAHaRw8BAQdA
 -----END PGP PUBLIC KEY BLOCK-----
`,
  });
});

test('both formats at once, and neither: a file with another ending is no source', () => {
  const line = 'deb http://mirror.example/debian bookworm main';
  const both = [
    ...list(line),
    ...stanza('Types: deb\nURIs: http://a.example\nSuites: bookworm\nComponents: main'),
  ];
  expect(Object.keys(sourcesOf(both, 'bookworm'))).toEqual(['list', 'sources']);
  expect(sourcesOf([{ path: '/etc/apt/sources.list.d/old.list.save', text: line }], 'bookworm')).toEqual({});
  expect(sourcesOf(list(line), 'trixie')).toEqual({});
});

describe('a release that is not the host’s own', () => {
  test('comes from the mirrors of the host’s own, with their keys and options', () => {
    const lines = `deb [signed-by=/keys/bookworm.gpg] http://bookworm.example/debian bookworm main # bookworm
deb http://mirror.example/debian bookworm-updates main
`;
    const text = `URIs: http://mirror.example/bookworm
Types: deb
Suites: bookworm bookworm-security
Components: main
Signed-By: /keys/bookworm.gpg`;
    expect(sourcesFor([...list(lines), ...stanza(text)], 'bookworm', 'trixie')).toEqual({
      list: `deb [signed-by=/keys/bookworm.gpg] http://bookworm.example/debian trixie main # trixie
deb http://mirror.example/debian trixie-updates main
`,
      sources: `Types: deb
Suites: trixie trixie-security
URIs: http://mirror.example/bookworm
Components: main
Signed-By: /keys/bookworm.gpg
`,
    });
  });

  test('comes from the sources that the host has of it', () => {
    const both = 'deb http://own.example/debian bookworm main\ndeb http://next.example/debian trixie main\n';
    expect(sourcesFor(list(both), 'bookworm', 'trixie')).toEqual({
      list: 'deb http://next.example/debian trixie main\n',
    });
    expect(sourcesFor(list(both), 'bookworm', 'bookworm')).toEqual({
      list: 'deb http://own.example/debian bookworm main\n',
    });
    expect(sourcesFor([], 'bookworm', 'trixie')).toEqual({});
  });
});
