#!/bin/bash
# With the compiler, a server that is written in Java answers; without it, the virtual machine starts.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

if ! flag java_jdk; then
  [[ $(java -XshowSettings:properties -version 2>&1) == *java.vm.name* ]] || fail 'java tells no properties'
  if command -v javac >/dev/null; then say 'a compiler is here, too'; fi
  say 'java starts its virtual machine'
  exit
fi
folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf -- "$folder"' EXIT
cat >"$folder/Server.java" <<'END'
import java.io.*;
import java.net.*;

public class Server {
  public static void main(String[] arguments) throws IOException {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      System.out.println(server.getLocalPort());
      try (Socket client = server.accept()) {
        String line = new BufferedReader(new InputStreamReader(client.getInputStream())).readLine();
        client.getOutputStream().write(new StringBuilder(line).reverse().toString().getBytes());
      }
    }
  }
}
END
javac -d "$folder" "$folder/Server.java"
java -cp "$folder" Server >"$folder/port" &
server=$!
wait_for 20 test -s "$folder/port" || fail 'the server does not start'
[[ $(echo sesame | talk 127.0.0.1 "$(<"$folder/port")" 5) == emases ]] || fail 'the server answers wrongly'
say 'a server that java runs answers'
