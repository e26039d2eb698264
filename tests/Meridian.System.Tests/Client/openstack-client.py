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
from openstackclient.common import clientmanager
from osc_lib.clientmanager import ClientCache

BASE = {k: v for k, v in os.environ.items() if not k.startswith("OS_")}


class Terminal(io.StringIO):
    """Standard input as a person has it: commands such as `image create` take no data from it."""

    def isatty(self):
        return True


def forget_clients():
    """Each command is a process of its own to OpenStack: the clients that the last one logged in with are kept in a class."""
    for owner in clientmanager.ClientManager.__mro__:
        for cache in vars(owner).values():
            if isinstance(cache, ClientCache):
                cache._handle = None


def run(argv, env):
    forget_clients()
    os.environ.clear()
    os.environ.update(BASE)
    os.environ.update(env)
    logging.root.handlers.clear()
    out, err = io.TextIOWrapper(io.BytesIO(), "utf-8"), io.TextIOWrapper(io.BytesIO(), "utf-8")
    saved = sys.stdout, sys.stderr, sys.stdin
    sys.stdout, sys.stderr, sys.stdin = out, err, Terminal("")
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
