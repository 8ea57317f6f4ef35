"""Settings of the frame log."""

from pathlib import Path
from typing import Annotated

from msgspec import Meta

from kalshi_data.settings import BYTES_MAX, COUNT_MAX, SECONDS_MAX, Section


class FrameLogSettings(Section):
    """Where every frame is kept as it was received, and for how long."""

    folder: Annotated[Path, Meta(description="Folder that keeps every frame as it was received.")] = Path(
        "/var/lib/kalshi/frames"
    )
    bytes_max: Annotated[
        int,
        Meta(
            ge=1,
            le=BYTES_MAX,
            description="Size above which the oldest segments are deleted, committed or not, with an alarm.",
        ),
    ] = 50 << 30
    age_seconds_max: Annotated[
        float,
        Meta(gt=0, le=SECONDS_MAX, description="Age at which a segment is deleted, once its frames are committed."),
    ] = 3 * 86_400.0
    segment_bytes: Annotated[int, Meta(ge=1, le=BYTES_MAX, description="Size at which a segment file ends.")] = 64 << 20
    segment_seconds: Annotated[float, Meta(gt=0, le=SECONDS_MAX, description="Age at which a segment file ends.")] = (
        600.0
    )
    block_bytes: Annotated[int, Meta(ge=1, le=BYTES_MAX, description="Size at which a block of frames is written.")] = (
        256 << 10
    )
    block_seconds: Annotated[
        float, Meta(ge=0, le=SECONDS_MAX, description="Age at which a block of frames is written.")
    ] = 0.2
    sync_seconds: Annotated[
        float, Meta(ge=0, le=SECONDS_MAX, description="Interval at which the frame log is synced to the disk.")
    ] = 0.5
    free_bytes_min: Annotated[
        int,
        Meta(
            le=BYTES_MAX,
            ge=0,
            description=(
                "Free disk space, or a tenth of a smaller disk, below which committed segments and merged rows are "
                "deleted early. Below half of it no rows are committed, below a quarter no frames are logged, so that "
                "the database does not crash."
            ),
        ),
    ] = 2 << 30
    pending_blocks_max: Annotated[int, Meta(ge=1, le=COUNT_MAX, description="Blocks that may wait for the disk.")] = 256
