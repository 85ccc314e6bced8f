#!/bin/bash
# Erlang. Debian has a package for each application; none of them starts anything that listens.
# shellcheck disable=SC2154 # the variables are those of module.yaml
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

matches erlang_applications '[a-z0-9_ ]+' 'names of OTP applications between spaces, as in: crypto ssl'
read -r -a applications <<<"$erlang_applications"

packages=erlang-base
for application in ${applications[@]+"${applications[@]}"}; do packages+=" erlang-${application//_/-}"; done
install_packages --apt "$packages"

# A hundred processes that pass a number along, and each application loaded.
answer=$(timeout 60 erl -noinput -boot start_clean -eval '
  Ring = lists:foldl(fun(_, Next) -> spawn(fun() -> receive N -> Next ! N + 1 end end) end, self(), lists:seq(1, 100)),
  Ring ! 0,
  receive N -> io:format("~p", [N]) end,
  [case application:load(list_to_atom(A)) of
     ok -> ok;
     {error, {already_loaded, _}} -> ok;
     Error -> io:format(" ~s: ~p", [A, Error])
   end || A <- init:get_plain_arguments()],
  halt().' -extra ${applications[@]+"${applications[@]}"}) || fail "erl is there, and runs no program: $answer"
[[ $answer == 100 ]] || fail "erl answers what it should not (100 was expected): $answer"
say "Erlang/OTP $(erl -noinput -eval 'io:format("~s", [erlang:system_info(otp_release)]), halt().') runs programs, with ${applications[*]:-the base alone}"
