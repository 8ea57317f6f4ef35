"""Runs shiv so that a program that cannot be unpacked ends with one line.

Shiv has no option for the first lines of the file, which run before anything is unpacked.
"""

from shiv import builder, cli  # pyright: ignore[reportMissingTypeStubs]

FIRST_LINES = """\
# -*- coding: utf-8 -*-
import os
import sys

from {module} import {fn}

try:
    {fn}()
except OSError as error:
    folder = os.environ.get("SHIV_ROOT") or os.path.expanduser("~/.shiv")
    named = str(error.filename or "")
    if not named or not (named.startswith(folder) or folder.startswith(named)):
        raise
    reason = "unpacked into " + folder + ": " + named + ": " + str(error.strerror).lower()
    remedy = "set SHIV_ROOT to a folder that this user may write"
    sys.exit(os.path.basename(sys.argv[0]) + ": its files cannot be " + reason + ": " + remedy)
"""

if __name__ == "__main__":
    builder.MAIN_TEMPLATE = FIRST_LINES
    cli.main()
