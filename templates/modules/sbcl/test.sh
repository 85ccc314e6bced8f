#!/bin/bash
# A server that is compiled to a file of its own answers.
set -euo pipefail
# shellcheck source=SCRIPTDIR/../../module-lib.sh
source "$ROLECALL_LIB"

folder=$(mktemp -d)
trap 'kill "$server" 2>/dev/null || true; rm -rf -- "$folder"' EXIT
cat >"$folder/server.lisp" <<'END'
(require :sb-bsd-sockets)
(defun serve ()
  (let ((socket (make-instance 'sb-bsd-sockets:inet-socket :type :stream :protocol :tcp)))
    (sb-bsd-sockets:socket-bind socket #(127 0 0 1) 0)
    (sb-bsd-sockets:socket-listen socket 1)
    (format t "~a~%" (nth-value 1 (sb-bsd-sockets:socket-name socket)))
    (finish-output)
    (let ((stream (sb-bsd-sockets:socket-make-stream (sb-bsd-sockets:socket-accept socket) :input t :output t)))
      (princ (reverse (read-line stream)) stream)
      (finish-output stream)
      (close stream))))
(sb-ext:save-lisp-and-die "server" :executable t :toplevel (lambda () (serve) (sb-ext:exit)))
END
(cd "$folder" && sbcl --non-interactive --no-sysinit --no-userinit --load server.lisp >said 2>&1) || fail "sbcl saves no program: $(tail -n 3 "$folder/said")"
"$folder/server" >"$folder/port" &
server=$!
wait_for 20 test -s "$folder/port" || fail 'the server does not start'
[[ $(echo sesame | talk 127.0.0.1 "$(<"$folder/port")" 5) == emases ]] || fail 'the server answers wrongly'
say 'a server that sbcl compiled answers'
