"""The command line of the catalogue's program."""

from kalshi_data.cli.program import program
from kalshi_data.deduplicator.catalog.command import COMMAND, catalog


@program("catalog")
def main() -> None:
    """Register the archive in an Iceberg catalogue, with the deduplicator's settings.

    It is `deduplicator archive catalog` with the libraries that the deduplicator's file lacks.

    \b
    Examples:
      catalog register --iceberg glue
      catalog register --iceberg glue --stream trades --json
    """  # noqa: D301 - click reads the escape


main.add_command(catalog, COMMAND)
