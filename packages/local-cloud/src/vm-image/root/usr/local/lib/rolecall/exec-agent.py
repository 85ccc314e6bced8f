#!/usr/bin/python3
"""Runs the commands of `rolecall local exec` inside a virtual machine of the local cloud.

The cloud talks to it by virtio-serial ports, so a machine without a network can be entered too. A port carries one
session at a time. packages/local-cloud/src/vm/exec-frames.ts has the other end and describes the frames.
"""

import errno
import fcntl
import glob
import json
import os
import pty
import select
import signal
import struct
import sys
import termios
import time

MAGIC = b"\0rolecall-exec-1\0"
HEADER = struct.Struct(">cI")
# Bytes of output that may wait for the cloud; the command waits when there are more.
OUT_LIMIT = 256 * 1024
CHUNK = 32 * 1024
# Chunks that are read after a command has ended: more than a pipe holds.
DRAINED = 8
# Seconds between a hang-up and SIGKILL.
HANGUP_S = 5
# Variables that systemd gives to this service alone.
OWN_VARIABLES = ("INVOCATION_ID", "JOURNAL_STREAM", "SYSTEMD_EXEC_PID", "NOTIFY_SOCKET", "MAINPID")


class Port:
    """A virtio-serial port: frames from the cloud, and bytes that wait for it."""

    def __init__(self, fd):
        self.fd = fd
        self.input = b""
        self.output = bytearray()

    def fill(self):
        """Reads what is there."""
        try:
            data = os.read(self.fd, CHUNK)
        except BlockingIOError:
            return
        if not data:
            # The cloud isn't there; with it the machine would end.
            time.sleep(0.2)
        self.input += data

    def flush(self):
        """Writes as much as the cloud takes."""
        try:
            while self.output:
                del self.output[: os.write(self.fd, self.output[:CHUNK])]
        except BlockingIOError:
            pass

    def send(self, kind, payload=b""):
        self.output += HEADER.pack(kind, len(payload)) + payload

    def frame(self):
        """The next whole frame as (kind, payload), or None."""
        if len(self.input) < HEADER.size:
            return None
        kind, length = HEADER.unpack_from(self.input)
        end = HEADER.size + length
        if len(self.input) < end:
            return None
        payload, self.input = self.input[HEADER.size : end], self.input[end:]
        return kind, payload

    def await_start(self):
        """Skips what is left of earlier sessions and returns the next session's request."""
        while True:
            at = self.input.find(MAGIC)
            if at < 0:
                self.input = self.input[-len(MAGIC) :]
            else:
                self.input = self.input[at + len(MAGIC) :]
                while True:
                    found = self.frame()
                    if found is not None:
                        return json.loads(found[1])
                    self.wait()
            self.wait()

    def wait(self):
        select.select([self.fd], [], [])
        self.fill()


class Command:
    """A command that runs, with a terminal or with three pipes."""

    def __init__(self, request):
        self.tty = request.get("tty")
        environment = {name: text for name, text in os.environ.items() if name not in OWN_VARIABLES}
        environment.update(HOME="/root", SHELL="/bin/bash", TERM=request.get("term") or "dumb")
        theirs, ours = self.open_terminal() if self.tty else self.open_pipes()
        self.pid = os.fork()
        if self.pid == 0:
            run(request["argv"], environment, theirs, self.tty is not None)
        for fd in set(theirs):
            os.close(fd)
        self.stdin, self.stdout, self.stderr = ours
        for fd in {fd for fd in ours if fd is not None}:
            os.set_blocking(fd, False)
        self.pidfd = os.pidfd_open(self.pid)
        self.pending = bytearray()
        self.stdin_ends = False

    def open_terminal(self):
        master, slave = pty.openpty()
        resize(master, self.tty)
        return (slave, slave, slave), (master, master, None)

    def open_pipes(self):
        (stdin, to_it), (from_it, stdout), (errors, stderr) = os.pipe(), os.pipe(), os.pipe()
        return (stdin, stdout, stderr), (to_it, from_it, errors)

    def signal(self, number):
        try:
            os.killpg(self.pid, number)
        except ProcessLookupError:
            pass

    def feed(self):
        """Gives the command its input. Returns how many bytes it took, or would have taken."""
        try:
            taken = os.write(self.stdin, self.pending[:CHUNK]) if self.pending else 0
        except BlockingIOError:
            return 0
        except OSError:
            # It doesn't read any more: the rest is for nobody.
            taken = len(self.pending)
        del self.pending[:taken]
        if self.stdin_ends and not self.pending:
            self.end_input()
        return taken

    def end_input(self):
        if self.tty:
            try:
                os.write(self.stdin, b"\x04")
            except OSError:
                pass
        else:
            os.close(self.stdin)
            self.stdin = None
        self.stdin_ends = False

    def read(self, name):
        """Output of the command: b"" for none now; None, and the pipe is closed, when there will be no more."""
        fd = getattr(self, name)
        try:
            data = os.read(fd, CHUNK)
        except BlockingIOError:
            return b""
        except OSError as error:
            # A terminal whose last program has gone.
            if error.errno != errno.EIO:
                raise
            data = b""
        if data:
            return data
        if not self.tty:
            os.close(fd)
        setattr(self, name, None)
        return None

    def close(self):
        for fd in {self.stdin, self.stdout, self.stderr, self.pidfd}:
            if fd is not None:
                try:
                    os.close(fd)
                except OSError:
                    pass


def run(argv, environment, fds, has_terminal):
    """Becomes the command."""
    os.setsid()
    if has_terminal:
        fcntl.ioctl(fds[0], termios.TIOCSCTTY, 0)
    for number, fd in enumerate(fds):
        os.dup2(fd, number)
    os.chdir("/")
    for number in (signal.SIGPIPE, signal.SIGINT, signal.SIGHUP, signal.SIGTERM):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execvpe(argv[0], argv, environment)
    except FileNotFoundError:
        os.write(2, f"{argv[0]}: command not found\n".encode())
        os._exit(127)
    except OSError as error:
        os.write(2, f"{argv[0]}: {error.strerror}\n".encode())
        os._exit(126)


def resize(fd, size):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", size["rows"], size["columns"], 0, 0))


class Session:
    """One command, from the cloud's request to its exit code."""

    def __init__(self, port, request):
        self.port = port
        port.output += request["nonce"].encode()
        self.command = Command(request)
        self.deadline = None

    def obey(self, kind, payload):
        command = self.command
        if kind == b"i" and command.stdin is not None:
            command.pending += payload
        elif kind == b"i":
            self.port.send(b"a", str(len(payload)).encode())
        elif kind == b"e" and command.stdin is not None:
            command.stdin_ends = True
            if not command.pending:
                command.end_input()
        elif kind == b"w" and command.tty:
            resize(command.stdout if command.stdout is not None else command.stdin, json.loads(payload))
        elif kind == b"k":
            command.signal(int(payload))
        elif kind == b"h":
            command.signal(signal.SIGHUP)
            self.deadline = time.monotonic() + HANGUP_S

    def poller(self):
        port, command = self.port, self.command
        poll = select.poll()
        poll.register(port.fd, select.POLLIN | (select.POLLOUT if port.output else 0))
        poll.register(command.pidfd, select.POLLIN)
        room = len(port.output) < OUT_LIMIT
        masks = {}
        for fd, wanted, mask in (
            (command.stdout, room, select.POLLIN),
            (command.stderr, room, select.POLLIN),
            (command.stdin, bool(command.pending), select.POLLOUT),
        ):
            if fd is not None and wanted:
                masks[fd] = masks.get(fd, 0) | mask
        for fd, mask in masks.items():
            poll.register(fd, mask)
        return poll

    def turn(self):
        """Waits for something to do, and does it. Returns whether the command has ended."""
        timeout = None
        if self.deadline is not None:
            timeout = max(0, self.deadline - time.monotonic()) * 1000
        ready = dict(self.poller().poll(timeout))
        port, command = self.port, self.command
        if self.deadline is not None and time.monotonic() >= self.deadline:
            command.signal(signal.SIGKILL)
            self.deadline = None
        if port.fd in ready:
            port.fill()
            while (found := port.frame()) is not None:
                self.obey(*found)
        # A terminal is one descriptor for both ways.
        if command.stdin is not None and ready.get(command.stdin, 0) & (select.POLLOUT | select.POLLERR):
            self.acknowledge(command.feed())
        for name, kind in (("stdout", b"o"), ("stderr", b"r")):
            fd = getattr(command, name)
            if fd is not None and ready.get(fd, 0) & (select.POLLIN | select.POLLHUP):
                self.forward(name, kind)
        port.flush()
        return command.pidfd in ready

    def acknowledge(self, taken):
        if taken:
            self.port.send(b"a", str(taken).encode())

    def forward(self, name, kind):
        data = self.command.read(name)
        if data:
            self.port.send(kind, data)
        return bool(data)

    def run(self):
        while not self.turn():
            pass
        # What the command wrote is in the pipes; a daemon that it left may hold them open for ever.
        for name, kind in (("stdout", b"o"), ("stderr", b"r")):
            for _ in range(DRAINED):
                if getattr(self.command, name) is None or not self.forward(name, kind):
                    break
        _, status = os.waitpid(self.command.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self.command.close()
        self.port.send(b"x", str(code if code >= 0 else 128 - code).encode())
        while self.port.output:
            select.select([], [self.port.fd], [])
            self.port.flush()


def serve(fd):
    """Serves a port for ever."""
    os.set_blocking(fd, False)
    port = Port(fd)
    while True:
        Session(port, port.await_start()).run()


def main():
    paths = []
    for name in glob.glob("/sys/class/virtio-ports/*/name"):
        with open(name, encoding="ascii") as file:
            if file.read().startswith("rolecall.exec."):
                paths.append("/dev/" + name.split("/")[-2])
    # A process a port: a session that goes wrong takes no other with it.
    for path in paths:
        if os.fork() == 0:
            serve(os.open(path, os.O_RDWR))
    if paths:
        # One that ends has failed: systemd starts them all again.
        os.wait()
        sys.exit(1)


if __name__ == "__main__":
    main()
