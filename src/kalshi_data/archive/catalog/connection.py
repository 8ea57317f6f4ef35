"""Opens the catalogue that --iceberg names."""

from collections.abc import Generator
from contextlib import contextmanager, suppress
from typing import NamedTuple

from pyiceberg.catalog import Catalog
from pyiceberg.exceptions import NamespaceAlreadyExistsError

from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.errors import ArchiveError, SettingsError

GLUE, SQL = "glue", "sql:"
# Readers of Parquet folders ignore names that start with an underscore.
FOLDER = "_iceberg"
# A SQL catalogue may hold several of this kind; readers open it by this name.
NAME = "kalshi"
MESSAGE_LENGTH_MAX = 300
SQL_ADDRESS = "write the address like sqlite:////srv/catalog.db or postgresql+psycopg://USER@HOST/NAME"
REMEDIES = {
    "AccessDenied": "allow this role the actions on Glue that terraform/README.md lists, and to write below the prefix",
    "NoCredentials": "give credentials in a place that boto3 reads: the instance's role, AWS_PROFILE or ~/.aws",
    "NoRegion": "set region under [archive]",
    "EndpointConnection": "check the network and the region",
    "unable to open database": "make the folder that the address names, and let this user write in it",
    "SQL connection URI is required": SQL_ADDRESS,
    "Could not parse SQLAlchemy URL": SQL_ADDRESS,
    "Can't load plugin": SQL_ADDRESS,
    "No module named": "install the driver that the address names, or use sqlite: or postgresql+psycopg:",
    "database is locked": "another program writes the catalogue: run this again",
}


class IcebergCatalog(NamedTuple):
    """An open catalogue, the namespace of its tables, and where their metadata lie."""

    catalog: Catalog
    namespace: str
    location: str


def open_catalog(address: str, namespace: str, settings: ArchiveSettings) -> IcebergCatalog:
    """Open a catalogue, and make the namespace if it is missing.

    Raises:
        SettingsError: the address names no catalogue.
        ArchiveError: it cannot be reached.
    """
    if address != GLUE and not address.startswith(SQL):
        example = "sql:sqlite:////srv/catalog.db"
        raise SettingsError(f"--iceberg {address} is no catalogue: write glue or sql:ADDRESS, such as {example}")
    if not settings.target:
        raise ArchiveError("no archive is configured: set target under [archive] to s3://BUCKET or file:///FOLDER")
    location = f"{settings.target.rstrip('/')}/{settings.prefix}{FOLDER}/{namespace}"
    with translate_catalog_errors(f"the catalogue {address.partition('://')[0]} cannot be opened"):
        catalog = make_catalog(address, {"warehouse": location, **store_properties(settings)})
        # Creating a namespace may be forbidden, once it exists.
        if not catalog.namespace_exists(namespace):
            with suppress(NamespaceAlreadyExistsError):
                catalog.create_namespace(namespace)
    return IcebergCatalog(catalog, namespace, location)


def make_catalog(address: str, properties: dict[str, str]) -> Catalog:
    """Return the catalogue of an address; each kind loads libraries of its own."""
    if address == GLUE:
        from pyiceberg.catalog.glue import GlueCatalog  # noqa: PLC0415

        return GlueCatalog(NAME, **properties)
    from pyiceberg.catalog.sql import SqlCatalog  # noqa: PLC0415

    return SqlCatalog(NAME, uri=address.removeprefix(SQL), **properties)


def store_properties(settings: ArchiveSettings) -> dict[str, str]:
    """Return how Iceberg reaches the archive's store; it finds credentials where boto3 does."""
    chosen = {
        "s3.endpoint": settings.endpoint_url,
        "s3.region": settings.region,
        "s3.request-timeout": str(settings.request_seconds_max),
        "glue.region": settings.region,
    }
    return {name: value for name, value in chosen.items() if value is not None}


@contextmanager
def translate_catalog_errors(failure: str, passed: tuple[type[Exception], ...] = ()) -> Generator[None]:
    """Translate an error of a library into one whose message says what failed and what to do.

    Raises:
        ArchiveError: instead of any error but those in `passed`.
    """
    try:
        yield
    except (ArchiveError, *passed):
        raise
    except Exception as error:  # Iceberg, SQLAlchemy, boto3 and pyarrow have no error in common
        text = " ".join(f"{type(error).__name__}: {error}".split())[:MESSAGE_LENGTH_MAX]
        remedy = next((remedy for sign, remedy in REMEDIES.items() if sign in text), "run this again")
        raise ArchiveError(f"{failure}: {remedy} ({text})") from error
