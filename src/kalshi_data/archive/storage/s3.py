"""A bucket of S3, or of a server that speaks its protocol."""

# boto3 builds its clients at run time and carries no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import botocore.session
from boto3.exceptions import Boto3Error
from boto3.s3.transfer import TransferConfig
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    ConnectionError,  # noqa: A004 - the library's name
    HTTPClientError,
    NoCredentialsError,
    PartialCredentialsError,
)

from kalshi_data.archive.settings import ArchiveSettings
from kalshi_data.archive.storage.base import ProgressCallback, StoreAway, no_progress, translate_errors
from kalshi_data.errors import ArchiveError

MISSING = {"404", "NoSuchKey"}
# The store's answers to any object, until its settings, its credentials or this host's clock are corrected.
AWAY = {
    *("NoSuchBucket", "InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken", "InvalidToken"),
    *("RequestTimeTooSkewed", "PermanentRedirect", "AuthorizationHeaderMalformed"),
}
# One object may be denied, or all.
DENIED = {"AccessDenied", "403"}
CREDENTIALS = (
    "give the deduplicator others in a place that boto3 reads: the instance's role, AWS_PROFILE or ~/.aws/credentials"
)
REMEDIES = {
    "NoSuchBucket": "there is no such bucket: create it, or correct target under [archive]",
    "InvalidAccessKeyId": f"the access key is unknown: {CREDENTIALS}",
    "SignatureDoesNotMatch": (
        f"the signature is refused: check region and endpoint_url under [archive], which a store other than Amazon's "
        f"needs, and the secret key, or {CREDENTIALS}"
    ),
    "ExpiredToken": f"the credentials have expired: {CREDENTIALS}",
    "AccessDenied": "access is denied: allow PutObject, GetObject, AbortMultipartUpload and ListBucket on the prefix",
    "403": "access is denied: check the credentials, and what they may do on the prefix and with the bucket's key",
    "RequestTimeTooSkewed": "this host's clock is wrong: set it by NTP",
    "PermanentRedirect": "the bucket is in another region: correct region under [archive]",
    "BadDigest": "the bucket received other bytes than were sent: it is tried again",
    "InvalidObjectState": "the object is in cold storage: restore it, and remove the rule that moves objects there",
    "KMS.DisabledException": "the key that encrypts the object is disabled: enable it",
    "KMS.KMSInvalidStateException": "the key that encrypts the object is not in use: enable it, or cancel its deletion",
    "KMS.NotFoundException": "the key that encrypts the object does not exist: restore an older version of the object",
}
MESSAGE_LENGTH_MAX = 200
# A host asks for the credentials of its role. boto3 waits a second for them, and asks once: too little on a busy host.
ROLE_PATIENCE = {"metadata_service_timeout": 3, "metadata_service_num_attempts": 3}
# Many stores other than Amazon's refuse the newer checksums, which follow the body as a trailer. The older signature
# contains the body's sha256, which each of them compares.
OTHER_STORE: dict[str, Any] = {
    "s3": {"addressing_style": "path", "payload_signing_enabled": True},
    "request_checksum_calculation": "when_required",
    "response_checksum_validation": "when_required",
}


class S3Store:
    """Stores objects with their checksums; a larger file is sent in parts, which are deleted if one of them fails."""

    def __init__(self, bucket: str, settings: ArchiveSettings) -> None:
        """Prepare to use a bucket with the credentials that boto3 finds."""
        self._bucket = bucket
        self._name = f"s3://{bucket}" + (f" at {settings.endpoint_url}" if settings.endpoint_url else "")
        self._config = Config(
            connect_timeout=min(10.0, settings.request_seconds_max),
            read_timeout=settings.request_seconds_max,
            # boto3's waits grow to 20 s, with jitter.
            retries={"mode": "standard", "total_max_attempts": settings.attempts_max},
            max_pool_connections=settings.requests_max,
            **(OTHER_STORE if settings.endpoint_url else {}),
        )
        self._extra: dict[str, Any] = {} if settings.endpoint_url else {"ChecksumAlgorithm": "SHA256"}
        # Some stores know no classes, and STANDARD is the default of those that do.
        if settings.storage_class != "STANDARD":
            self._extra["StorageClass"] = settings.storage_class
        self._place: dict[str, Any] = {"region_name": settings.region, "endpoint_url": settings.endpoint_url}
        self._made: Any = None
        self._transfer = TransferConfig(
            multipart_threshold=settings.part_bytes,
            multipart_chunksize=settings.part_bytes,
            max_concurrency=settings.requests_max,
        )

    @property
    def _client(self) -> Any:
        """A client; after a failure a new one, which reads credentials and certificates from their files again."""
        if self._made is None:
            with self._translate_errors("a client for it cannot be made", StoreAway):
                session = botocore.session.get_session()
                for name, value in ROLE_PATIENCE.items():
                    session.set_config_variable(name, value)
                self._made = boto3.Session(botocore_session=session).client("s3", **self._place, config=self._config)
        return self._made

    def put(self, key: str, path: Path, sha256: bytes, progress: ProgressCallback = no_progress) -> str | None:
        """Upload a file; the store compares each part with its checksum."""
        extra = {**self._extra, "Metadata": {"sha256": sha256.hex()}}
        with self._translate_errors(f"{key} cannot be written", denied=StoreAway):
            self._client.upload_file(str(path), self._bucket, key, extra, progress, self._transfer)
            return str(self._client.head_object(Bucket=self._bucket, Key=key)["ETag"]).strip('"')

    def fetch(self, key: str, path: Path) -> bool:
        """Download an object; return False if there is no such object."""
        with self._translate_errors(f"{key} cannot be read"), translate_errors(f"{path} cannot be written"):
            try:
                self._client.download_file(self._bucket, key, str(path), Config=self._transfer)
            except ClientError as error:
                if error_code(error) not in MISSING:
                    raise
                # A HEAD request has the same answer for a missing bucket and a missing object.
                self._client.list_objects_v2(Bucket=self._bucket, Prefix=key, MaxKeys=1)
                return False
        return True

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield the keys below a prefix, in order."""
        with self._translate_errors(f"{prefix} cannot be listed"):
            pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
            for page in pages:
                yield from (str(each["Key"]) for each in page.get("Contents", ()))

    @contextmanager
    def _translate_errors(
        self, failure: str, other: type[ArchiveError] = ArchiveError, denied: type[ArchiveError] = ArchiveError
    ) -> Generator[None]:
        """Translate an error of boto3 into one whose message says what failed and what to do.

        It is StoreAway if the store is the cause, `denied` if access is denied, and `other` otherwise.
        """
        try:
            yield
        except (ClientError, BotoCoreError, Boto3Error) as error:
            is_denied = code_of(error) in DENIED
            if is_denied or is_away(error):
                self._made = None
            kind = StoreAway if is_away(error) else denied if is_denied else other
            raise kind(f"{self._name}: {failure}: {explain(error)}") from error


def cause_of(error: Exception) -> Exception:
    """Return the error that boto3 wraps, as it does in an upload or a download."""
    wrapped = getattr(error, "last_exception", error.__context__) if isinstance(error, Boto3Error) else None
    return wrapped if isinstance(wrapped, Exception) else error


def is_away(error: Exception) -> bool:
    """Return whether the store, rather than one object, is the cause."""
    cause = cause_of(error)
    if isinstance(cause, ClientError):
        return status_of(cause) >= 500 or error_code(cause) in AWAY
    return isinstance(cause, (NoCredentialsError, PartialCredentialsError, ConnectionError, HTTPClientError))


def code_of(error: Exception) -> str:
    """Return S3's name of an error; none if the store did not answer."""
    cause = cause_of(error)
    return error_code(cause) if isinstance(cause, ClientError) else ""


def explain(error: Exception) -> str:
    """Return what failed, what to do about it, and the store's own words."""
    cause = cause_of(error)
    if isinstance(cause, ClientError):
        message = " ".join(str(cause.response.get("Error", {}).get("Message", "")).split())[:MESSAGE_LENGTH_MAX]
        answer = f"it answers {status_of(cause)} {error_code(cause)} {message}".rstrip()
        if remedy := REMEDIES.get(error_code(cause)):
            return f"{remedy} ({answer})"
        return answer + ("; it is tried again later" if status_of(cause) >= 500 else "")
    if isinstance(cause, (NoCredentialsError, PartialCredentialsError)):
        return f"there are no credentials: {CREDENTIALS}"
    if isinstance(cause, (ConnectionError, HTTPClientError)):
        return f"it cannot be reached ({cause}): check endpoint_url under [archive] and the network"
    return str(cause)


def status_of(error: ClientError) -> int:
    """Return the HTTP status of an answer."""
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def error_code(error: ClientError) -> str:
    """Return S3's name of an error, or its HTTP status if it has no name."""
    return str(error.response.get("Error", {}).get("Code", ""))
