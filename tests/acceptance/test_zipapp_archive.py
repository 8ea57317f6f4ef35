"""What the archive needs of large libraries is left in the deduplicator's file, though most of them is not."""

import os
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path

import boto3  # pyright: ignore[reportMissingTypeStubs]
import pytest
from moto.server import ThreadedMotoServer

from tests.conftest import ROOT

BUCKET = "archive"
# Amounts as decimals, sorted and compressed, as the archive has them; then from S3 and back.
WRITE = """
import sys
site, folder, endpoint = sys.argv[1:]
sys.path.insert(0, site)
import boto3
import pyarrow
import pyarrow.compute
from pyarrow import parquet
prices = pyarrow.array(["0.0420", "0.0100"]).cast(pyarrow.decimal128(18, 4))
table = pyarrow.table({"ticker": ["B", "A"], "price": prices}).sort_by("ticker")
with parquet.ParquetWriter(f"{folder}/rows.parquet", table.schema, compression="zstd") as writer:
    writer.write_table(table)
store = boto3.client("s3", endpoint_url=endpoint)
with open(f"{folder}/rows.parquet", "rb") as rows:
    store.put_object(Bucket="archive", Key="rows.parquet", Body=rows, IfNoneMatch="*", ChecksumAlgorithm="SHA256")
store.download_file("archive", "rows.parquet", f"{folder}/again.parquet")
assert parquet.read_table(f"{folder}/again.parquet").equals(table)
assert parquet.ParquetFile(f"{folder}/again.parquet").metadata.num_rows == 2
import adbc_driver_postgresql.dbapi
for service in ("sts", "sso", "sso-oidc"):
    boto3.client(service)
"""
CREDENTIALS = {"AWS_ACCESS_KEY_ID": "key", "AWS_SECRET_ACCESS_KEY": "secret", "AWS_DEFAULT_REGION": "us-east-1"}


@pytest.fixture
def endpoint(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """An S3 server with an empty bucket."""
    for name, value in CREDENTIALS.items():
        monkeypatch.setenv(name, value)
    server = ThreadedMotoServer(port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    address = f"http://{host}:{port}"
    boto3.client("s3", endpoint_url=address).create_bucket(Bucket=BUCKET)  # pyright: ignore[reportUnknownMemberType]
    yield address
    server.stop()


def test_parquet_goes_to_s3_and_comes_back(endpoint: str, tmp_path: Path) -> None:
    build = [sys.executable, ROOT / "build.py", "zipapps", "--output", tmp_path / "dist"]
    subprocess.run(build, check=True, stdout=subprocess.DEVNULL)
    with zipfile.ZipFile(tmp_path / "dist" / "deduplicator") as archive:
        archive.extractall(tmp_path, [name for name in archive.namelist() if name.startswith("site-packages/")])
    # Without -S this environment's own packages would stand in for what is missing.
    command = [sys.executable, "-I", "-S", "-c", WRITE, tmp_path / "site-packages", tmp_path, endpoint]
    done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **CREDENTIALS}, text=True)
    assert (done.returncode, done.stderr) == (0, "")
