"""The archive's settings, a section of the deduplicator's; `python3 build.py docs` writes their table."""

from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from msgspec import Meta

from kalshi_data.settings import BYTES_MAX, COUNT_MAX, SECONDS_MAX, Section, require_url

# Each object is read back, and late rows join what it holds.
UNREADABLE = {"GLACIER", "DEEP_ARCHIVE"}


class ArchiveSettings(Section):
    """Where the archive lies, when an hour is written to it, and how long each step may take."""

    target: Annotated[
        str,
        Meta(
            description=(
                "Where the archive lies: `s3://BUCKET` or `file:///FOLDER`. If it is empty, nothing is exported."
            )
        ),
    ] = ""
    prefix: Annotated[str, Meta(description="Beginning of every key; it ends with a slash.")] = "parquet/"
    endpoint_url: Annotated[str | None, Meta(description="Address of an S3 store other than Amazon's.")] = None
    region: Annotated[str | None, Meta(description="Region of the bucket; if it is not set, boto3 finds it.")] = None
    storage_class: Annotated[str, Meta(description="Storage class of new objects, which must be readable at once.")] = (
        "STANDARD"
    )
    workspace_folder: Annotated[
        Path, Meta(description="Folder for an hour's rows on their way: some 70 bytes for each order-book change.")
    ] = Path("/var/lib/kalshi/workspace")
    check_seconds: Annotated[
        float, Meta(le=SECONDS_MAX, gt=0, description="Interval at which the exporter looks for hours that are due.")
    ] = 60.0
    settle_seconds: Annotated[
        float,
        Meta(
            le=SECONDS_MAX, ge=0, description="Time that an hour is left alone after its end, and after its last row."
        ),
    ] = 300.0
    deadline_seconds: Annotated[
        float, Meta(le=SECONDS_MAX, ge=0, description="Longest wait for a gatherer that is away or behind.")
    ] = 21_600.0
    late_seconds_max: Annotated[
        float, Meta(le=SECONDS_MAX, gt=0, description="An hour that is due for longer makes the deduplicator degraded.")
    ] = 7_200.0
    part_bytes: Annotated[
        int, Meta(le=BYTES_MAX, ge=5 * 1024 * 1024, description="Larger objects are uploaded in parts of this size.")
    ] = 16 * 1024 * 1024
    requests_max: Annotated[int, Meta(le=COUNT_MAX, ge=1, description="Parts that are uploaded at the same time.")] = 4
    attempts_max: Annotated[int, Meta(ge=1, le=20, description="Attempts for each request.")] = 5
    request_seconds_max: Annotated[float, Meta(le=SECONDS_MAX, gt=0, description="Longest time for one request.")] = (
        60.0
    )
    retry_seconds_max: Annotated[
        float, Meta(le=SECONDS_MAX, gt=0, description="Longest pause before an hour that failed is tried again.")
    ] = 600.0

    def __post_init__(self) -> None:
        """Reject a target that names no store.

        Raises:
            ValueError: with the reason; msgspec adds the key.
        """
        if self.endpoint_url is not None:
            require_url("endpoint_url", self.endpoint_url, ("https", "http"))
        parts = urlsplit(self.target)
        is_bucket = parts.scheme == "s3" and parts.netloc and not parts.path.strip("/")
        is_folder = parts.scheme == "file" and not parts.netloc and parts.path.startswith("/")
        if self.target and not is_bucket and not is_folder:
            raise ValueError(f"target {self.target!r} is neither s3://BUCKET nor file:///FOLDER; folders go to prefix")
        if self.storage_class in UNREADABLE:
            raise ValueError(
                f"storage_class {self.storage_class} has to be restored first: choose one that is read at once"
            )
        if self.prefix.startswith("/") or (self.prefix and not self.prefix.endswith("/")):
            raise ValueError(f"prefix {self.prefix!r} has to end with a slash and must not begin with one")
