# SPDX-License-Identifier: Apache-2.0
"""Runs Debian's python3-openstackclient many times in one interpreter: its start-up is longer than most commands.

One JSON document a line in, {"argv": [...], "env": {...}}; one a line out, {"rc", "out", "err"}.
"""
import io
import json
import logging
import os
import sys
import traceback

from openstackclient import shell

BASE = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}


def run(argv, env):
    os.environ.clear()
    os.environ.update(BASE)
    os.environ.update(env)
    logging.root.handlers.clear()
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    saved = sys.stdout, sys.stderr, sys.stdin
    sys.stdout, sys.stderr, sys.stdin = out, err, io.StringIO("")
    try:
        rc = shell.OpenStackShell().run(argv)
    except SystemExit as e:
        rc = e.code if isinstance(e.code, int) else 1
    except BaseException:
        traceback.print_exc(file=err)
        rc = 1
    finally:
        sys.stdout, sys.stderr, sys.stdin = saved
    result = []
    for stream in (out, err):
        stream.flush()
        result.append(stream.buffer.getvalue().decode("utf-8", "replace"))
    return rc or 0, result[0], result[1]


def main():
    for line in sys.stdin:
        request = json.loads(line)
        rc, out, err = run(request["argv"], request["env"])
        sys.stdout.write(json.dumps({"rc": rc, "out": out, "err": err}) + "\n")
        sys.stdout.flush()


main()
