#!/bin/bash
# SBCL, and libraries as Debian packages them.
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

read -r -a libraries <<<"${sbcl_libraries:-}"
packages=sbcl
for library in ${libraries[@]+"${libraries[@]}"}; do
  matches library '[a-z0-9][a-z0-9+.-]*' 'a name in sbcl_libraries such as alexandria'
  packages+=" cl-${library#cl-}"
done

# Nobody's init file, no questions: an error ends it.
lisp() {
  timeout 120 sbcl --noinform --non-interactive --no-sysinit --no-userinit "$@"
}

install_packages --apt "$packages"
answer=$(lisp --eval '(princ (funcall (compile nil (quote (lambda (n) (reduce (function *) (loop for i from 1 to n collect i))))) 20))' 2>&1) ||
  fail "sbcl is there, and runs no program: $answer"
[[ $answer == 2432902008176640000 ]] || fail "sbcl computes that 20! is $answer"
for library in ${libraries[@]+"${libraries[@]}"}; do
  said=$(lisp --eval '(require :asdf)' --eval "(asdf:load-system \"$library\")" 2>&1) || fail "the library $library doesn't load: $(tail -n 3 <<<"$said")"
done
say "$(sbcl --version) compiles and runs programs${libraries[*]:+, with ${libraries[*]}}"
