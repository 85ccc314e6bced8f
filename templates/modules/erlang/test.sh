#!/bin/bash
# A module is compiled, and a server in it answers.
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf -- "$folder"' EXIT
cat >"$folder/echo.erl" <<'END'
-module(echo).
-export([start/0]).
start() ->
    {ok, Listener} = gen_tcp:listen(0, [{ip, {127, 0, 0, 1}}, {active, false}, {packet, line}, list]),
    {ok, Port} = inet:port(Listener),
    io:format("~p~n", [Port]),
    {ok, Client} = gen_tcp:accept(Listener),
    {ok, Line} = gen_tcp:recv(Client, 0, 5000),
    gen_tcp:send(Client, lists:reverse(string:trim(Line))),
    gen_tcp:close(Client),
    halt().
END
erlc -o "$folder" "$folder/echo.erl"
erl -noinput -pa "$folder" -s echo start >"$folder/port" &
server=$!
wait_for 20 test -s "$folder/port" || fail 'the server does not start'
[[ $(echo sesame | talk 127.0.0.1 "$(<"$folder/port")" 5) == emases ]] || fail 'the server answers wrongly'
say 'a server that Erlang runs answers'
