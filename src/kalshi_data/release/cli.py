"""The command line that builds releases."""

from pathlib import Path

import click

from kalshi_data.cli.failures import reported_failures
from kalshi_data.release.contents import PACKAGES, USUAL
from kalshi_data.release.revision import read_revision
from kalshi_data.release.target import HOST, PLATFORMS, make_target
from kalshi_data.release.zipapps import make_release

FOLDER = click.Path(path_type=Path, file_okay=False)
# build.py runs this in the checkout.
CHECKOUT = Path()


@click.command(context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--target", type=click.Choice([HOST, *PLATFORMS]), default=HOST, show_default=True, help="Platform of the programs."
)
@click.option("--python", help="Version of Python that runs them, such as 3.13; by default this one.")
@click.option(
    "--program",
    "programs",
    type=click.Choice([*PACKAGES]),
    multiple=True,
    default=USUAL,
    help="One program, repeatable; by default gatherer and deduplicator.",
)
@click.option("--output", type=FOLDER, default="dist", show_default=True, help="Folder for the programs.")
def main(target: str, python: str | None, programs: tuple[str, ...], output: Path) -> None:
    """Build programs, each as one executable file with everything it needs except Python.

    The folder also gets SHA256SUMS and, for each program, a bill of materials (CycloneDX). The version comes from git's
    tags, and the same commit gives the same bytes. Only hosts that register the archive in a catalogue need catalog.

    \b
    Examples:
      python3 build.py zipapps
      python3 build.py zipapps --target linux-aarch64 --python 3.13
      python3 build.py zipapps --program catalog
    """  # noqa: D301 - click reads the escape
    with reported_failures("zipapps"):
        output.mkdir(parents=True, exist_ok=True)
        chosen = make_target(target, python)
        revision = read_revision(CHECKOUT)
        for program in make_release(CHECKOUT, output, chosen, revision, [*dict.fromkeys(programs)]):
            click.echo(f"{output / program}: {revision.version}, {(output / program).stat().st_size / 1e6:.1f} MB")
    click.echo(f"for {chosen}; check them with: cd {output} && sha256sum --check SHA256SUMS")
