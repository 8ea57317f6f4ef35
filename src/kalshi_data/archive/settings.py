"""The archive's settings, a section of the deduplicator's; README.md lists them with their meaning."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from kalshi_data.settings import Section


class Archive(Section):
    """Where the archive is, when an hour is written to it, and how patiently."""

    target: str = ""
    prefix: str = "parquet/"
    endpoint_url: str | None = None
    region: str | None = None
    storage_class: str = "STANDARD"
    spool_folder: Path = Path("/var/lib/kalshi/spool")
    check_seconds: Annotated[float, Meta(gt=0)] = 60.0
    settle_seconds: Annotated[float, Meta(ge=0)] = 300.0
    deadline_seconds: Annotated[float, Meta(ge=0)] = 21_600.0
    late_seconds_max: Annotated[float, Meta(gt=0)] = 7_200.0
    part_bytes: Annotated[int, Meta(ge=5 * 1024 * 1024)] = 16 * 1024 * 1024
    requests_max: Annotated[int, Meta(ge=1)] = 4
    attempts_max: Annotated[int, Meta(ge=1, le=20)] = 5
    request_seconds_max: Annotated[float, Meta(gt=0)] = 60.0
    retry_seconds_max: Annotated[float, Meta(gt=0)] = 600.0

    def __post_init__(self) -> None:
        """Refuse a target that is none.

        Raises:
            ValueError: with what is wrong; msgspec adds the key it stands under.
        """
        parts = urlsplit(self.target)
        is_bucket = parts.scheme == "s3" and parts.netloc and not parts.path.strip("/")
        is_folder = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
        if self.target and not is_bucket and not is_folder:
            raise ValueError(f"target {self.target!r} is neither s3://BUCKET nor file:///FOLDER; folders go to prefix")
        if self.prefix.startswith("/") or (self.prefix and not self.prefix.endswith("/")):
            raise ValueError(f"prefix {self.prefix!r} has to end with a slash and must not begin with one")
