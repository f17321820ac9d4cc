"""Runs a command on a terminal of its own, and types answers.

Standard input: {"command": [...], "answers": [...]}, a line each. Standard output: {"code": ..., "shown": ...}.
"""

import json
import os
import pty
import sys


def main():
    task = json.load(sys.stdin)
    child, terminal = pty.fork()
    if child == 0:
        os.execv(task["command"][0], task["command"])
    # At the end of its input, whoever asks one thing more fails, and does not wait for ever.
    end = "\x04"
    os.write(terminal, ("".join(f"{answer}\n" for answer in task["answers"]) + end).encode())
    shown = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # The other side is closed.
            break
        if not part:
            break
        shown += part
    _, status = os.waitpid(child, 0)
    json.dump({"code": os.waitstatus_to_exitcode(status), "shown": shown.decode()}, sys.stdout)


main()
