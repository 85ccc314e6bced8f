#!/bin/bash
# Java: the AMI's own where it fits, else the distribution's, without what needs a screen.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

if [[ -n ${java_version:-} ]]; then whole java_version 8 99; fi
tools=(java)
if flag java_jdk; then tools+=(javac); fi

# The version of the command $1 (java, javac); java 8 calls itself 1.8.
version() {
  local text
  hash -r
  text=$("$1" -version 2>&1) || return 1
  [[ $text =~ (version \"|javac )(1\.)?([0-9]+) ]] && printf '%s' "${BASH_REMATCH[3]}"
}

fits() {
  local tool found
  for tool in "${tools[@]}"; do
    found=$(version "$tool") && [[ ${java_version:-$found} == "$found" ]] || return 1
  done
}

install() {
  local kind=jre corretto=headless
  if flag java_jdk; then kind=jdk corretto=devel; fi
  install_packages --apt "${java_version:+openjdk-}${java_version:-default}-$kind-headless" \
    --dnf "java-${java_version:-21}-amazon-corretto-$corretto"
}

# Where several versions are installed, the one that was asked for becomes the command.
choose() {
  local tool found
  for tool in "${tools[@]}"; do
    for found in /usr/lib/jvm/*"-${java_version:-}"[-.]*"/bin/$tool"; do
      if [[ -x $found ]]; then update-alternatives --set "$tool" "$found" && break; fi
    done
  done
}

# A real program that is in every Java, also where there is no compiler: keytool makes a key and reads it again.
runs_a_program() {
  local store=$1/store
  java sun.security.tools.keytool.Main -genkeypair -keystore "$store" -storepass rolecall -alias proof -dname CN=proof \
    -keyalg RSA -keysize 2048 >"$1/said" 2>&1 &&
    java sun.security.tools.keytool.Main -list -keystore "$store" -storepass rolecall 2>&1 | grep -qi '^proof, '
}

if ! fits; then
  install
  fits || choose
  fits || fail "java ${java_version:-} was asked for, and this system runs $(version java || echo none): see update-alternatives --display java"
fi
folder=$(mktemp -d)
trap 'rm -rf -- "$folder"' EXIT
runs_a_program "$folder" || fail "java is there, and runs no program: $(head -n 3 "$folder/said")"
if flag java_jdk; then
  printf 'class Proof { public static void main(String[] a) { System.out.print(6 * 7); } }' >"$folder/Proof.java"
  javac -d "$folder" "$folder/Proof.java" || fail "javac is there, and compiles no program"
  [[ $(java -cp "$folder" Proof) == 42 ]] || fail 'what javac compiled does not run'
fi
say "java $(version java) runs programs$(if flag java_jdk; then printf ', and compiles them'; fi)"
