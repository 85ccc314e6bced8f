#!/usr/bin/env bash
# Build and install the little NIC watchdog
set -euo pipefail
src=$(mktemp -d /tmp/nicwatch.XXXX)
trap 'rm -rf "$src"' EXIT
mkdir "$src/src"
cat > "$src/Makefile" <<'MK'
all:
	$(MAKE) -C src
install: all
	install -m755 src/nicwatch $(DESTDIR)/usr/local/sbin/
MK
printf 'nicwatch: main.o link.o\n\t$(CC) -o $@ $^\n%%.o: %%.c\n\t$(CC) -Wall -c -o $@ $<\n' > "$src/src/Makefile"
cat > "$src/src/main.c" <<'C'
#include <stdio.h>
int link_state(const char *);
int main(int argc, char **argv) {
    int unused;
    return link_state(argc > 1 ? argv[1] : "eth0");
}
C
cat > "$src/src/link.c" <<'C'
#include <stdio.h>
#include <libnl3/netlink/netlink.h>
int link_state(const char *dev) { printf("%s\n", dev); return 0; }
C
make -C "$src" all
make -C "$src" install
