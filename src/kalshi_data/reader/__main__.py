"""The command that reads an archive: reader book|candles|coverage|prove|export|plot|streams|sql."""

import sys
from collections.abc import Sequence

import pyarrow as pa

from kalshi_data.errors import KalshiDataError
from kalshi_data.reader.command.commands import make_parser

INTERRUPTED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command and return its exit status: 1 if it fails or a book is not known, 2 for a wrong call."""
    chosen = make_parser().parse_args(arguments)
    try:
        return chosen.run(chosen)
    except KeyboardInterrupt:
        print("reader: interrupted", file=sys.stderr)  # noqa: T201
        return INTERRUPTED
    except BrokenPipeError:
        # The program that reads the output has ended.
        sys.stderr.close()
        return 0
    except (KalshiDataError, ValueError, OSError, pa.ArrowException) as error:
        print(f"reader: {error}", file=sys.stderr)  # noqa: T201
        return 1


def run() -> None:
    """Run the command of this process, and end the process with its status."""
    sys.exit(main())


if __name__ == "__main__":
    run()
