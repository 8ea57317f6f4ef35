"""Runs statements in ClickHouse and prints the answer of the last one as CSV."""

import json
import sys

from chdb import session

if __name__ == "__main__":
    opened = session.Session()
    *statements, question = json.loads(sys.argv[1])
    for statement in statements:
        opened.query(statement)
    sys.stdout.write(str(opened.query(question, "CSV")))
