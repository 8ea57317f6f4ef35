"""Commits what shards logged that a gatherer no longer has, after the number of its shards became smaller."""

import asyncio
from pathlib import Path

import msgspec
import structlog

from kalshi_data.database.connection import query
from kalshi_data.errors import NotCommitted
from kalshi_data.gatherer.counters import Counters
from kalshi_data.gatherer.frame_log.lock import FolderLock
from kalshi_data.gatherer.frame_log.reader import last_received_ns, last_record
from kalshi_data.gatherer.frame_log.retention import drop_old, measure
from kalshi_data.gatherer.frame_log.shards import shard_folders
from kalshi_data.gatherer.frame_log.uncommitted import UncommittedNote
from kalshi_data.gatherer.recording.committer import Committer
from kalshi_data.gatherer.recording.replay import FrameLogReplay
from kalshi_data.gatherer.settings import GathererSettings
from kalshi_data.kalshi.timestamps import from_ns
from kalshi_data.shard import EVERYTHING, Shard

log = structlog.get_logger()

CHECK_SECONDS = 600.0


async def drain_former_shards(settings: GathererSettings, shard: Shard, remedy: str) -> None:
    """Look for logs of former shards every CHECK_SECONDS; the first shard does this for all."""
    while shard.number == EVERYTHING.number:
        await asyncio.to_thread(drain_once, settings, shard, remedy)
        await asyncio.sleep(CHECK_SECONDS)


def drain_once(settings: GathererSettings, shard: Shard, remedy: str) -> None:
    """Commit the logs of all shards beyond the present ones, except those that still run.

    All logs together stay within what the present ones may take.
    """
    folders = shard_folders(settings.frame_log.folder)
    for number, folder in folders.items():
        if number > shard.parts:
            others = sum(measure(each)[0] for each in folders.values() if each != folder)
            bytes_max = max(1, settings.frame_log.bytes_max * shard.parts - others)
            lock = FolderLock(folder)
            if lock.try_take():
                continue
            try:
                if last := _drain(settings, number, folder, remedy):
                    drop_old(folder, msgspec.structs.replace(settings.frame_log, bytes_max=bytes_max), last)
            except NotCommitted as reason:
                log.warning("a former shard is not committed yet", shard=number, reason=str(reason))
            finally:
                lock.release()


def _drain(settings: GathererSettings, number: int, folder: Path, remedy: str) -> int:
    """Commit one log; return the number of its last record, 0 if it has none."""
    last = last_record(folder)
    if last is None:
        return 0
    conninfo = settings.databases.kalshi_ts.conninfo
    committer = Committer(conninfo, settings.writing, Counters(), Shard(number, number), remedy=remedy)
    # The next look tries again.
    committer.give_up_at = 0.0
    note = UncommittedNote(folder)
    note.begin(last[0] + 1)
    try:
        position = committer.first_position(note.number)
        note.remove()
        if position < last[0]:
            FrameLogReplay(folder, position + 1, settings.writing, committer.commit).read(last[0] + 1)
            log.info("the log of a former shard is committed", shard=number, frames=last[0] - position)
        previous_ns = last_received_ns(folder, last[1])
        committer.close_crashed(last[0] + 1, from_ns(previous_ns) if previous_ns else None)
        place = {"shard": number}
        committer.call(lambda connection: connection.execute(query("capture/status/delete_heartbeat"), place))
    finally:
        committer.disconnect()
    return last[0]
