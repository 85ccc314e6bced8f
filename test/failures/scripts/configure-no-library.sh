#!/bin/bash
set -e
mkdir -p /usr/src/memcached && cd /usr/src/memcached
cat > configure <<'SH'
#!/bin/sh
for what in "BSD-compatible install... /usr/bin/install -c" "whether build environment is sane... yes" "gcc... gcc" \
  "whether the C compiler works... yes" "for C compiler default output file name... a.out" "for suffix of executables..." \
  "whether we are cross compiling... no" "for pkg-config... /usr/bin/pkg-config" "for errno.h... yes" "for error_at_line... no"; do
  echo "checking $what"
done
echo "checking for libevent >= 2.1... no"
cat >&2 <<'EOF'
configure: error: Package requirements (libevent >= 2.1) were not met:

No package 'libevent' found

Consider adjusting the PKG_CONFIG_PATH environment variable if you
installed software in a non-standard prefix.

Alternatively, you may set the environment variables LIBEVENT_CFLAGS
and LIBEVENT_LIBS to avoid the need to call pkg-config.
See the pkg-config man page for more details.
EOF
exit 1
SH
chmod +x configure
./configure --prefix=/usr
make -j2
