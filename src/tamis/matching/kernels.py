"""Compiled inner loops of the exact search; ``tamis.matching.plan`` explains the method.

All kernels release the GIL. Arrays go in read-only, so that fresh and memory-mapped tables are the
same type and one compiled version serves both. No kernel checks bounds: storage.py has checked the
shapes and the bounds of a table that comes from a file, and the item numbers, too many to check
when opening, are checked here where they are used.

A kernel that fills `found_*` arrays returns how many results there are. Where they are more than
fit, it has counted on without storing: the caller makes room and calls again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final, TypeAlias

import numpy as np

from tamis.matching.instructions import (
    LANES,
    compiled,
    lowest_bit,
    near_lanes,
    popcount,
    prefetch,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tamis.matching.instructions import Untyped

Number: TypeAlias = "int | np.integer[Any]"

DAMAGED: Final = -1
"""Returned by `search` where a table holds a number that is not an item."""

_BUFFER: Final = 1024
"""Candidates gathered before they are verified, so that their cache misses overlap."""

_RUNS: Final = 17
"""Runs of entries to test in one table: the same value, and one flipped bit of 16."""


@compiled
def _near_mask(base: int, entry: Number, end: Number, chunk: Number, limit: Number) -> Untyped:
    """`near_lanes` for the entries of the table at `base` from `entry`, none from `end` on."""
    mask = near_lanes(base + 2 * entry, np.uint16(chunk), np.uint16(limit))
    if end - entry < LANES:
        mask &= np.uint32((1 << (end - entry)) - 1)
    return mask


@compiled
def _note(
    mask: Untyped,
    entry: Number,
    owner: Number,
    item_base: int,
    entries: NDArray[np.int64],
    owners: NDArray[np.int64],
    waiting: int,
) -> int:
    """Note the candidates in `mask`, the first lane being `entry`; return how many wait now."""
    while mask:
        place = entry + np.int64(lowest_bit(mask))
        mask &= mask - np.uint32(1)
        entries[waiting] = place
        owners[waiting] = owner
        waiting += 1
        prefetch(item_base + 4 * place)
    return waiting


@compiled
def _distance(one: NDArray[np.uint64], i: Number, other: NDArray[np.uint64], j: Number) -> Number:
    return np.int64(
        popcount(one[i, 0] ^ other[j, 0])
        + popcount(one[i, 1] ^ other[j, 1])
        + popcount(one[i, 2] ^ other[j, 2])
        + popcount(one[i, 3] ^ other[j, 3])
    )


@compiled
def _found_before(
    one: NDArray[np.uint16],
    i: Number,
    other: NDArray[np.uint16],
    j: Number,
    chunk: int,
    allowance: NDArray[np.int64],
) -> bool:
    """Whether a chunk before `chunk` passes both tests too: then the match is already known."""
    for earlier in range(chunk):
        apart = np.int64(popcount(np.uint64(one[i, earlier] ^ other[j, earlier])))
        room = allowance[earlier] - apart
        if room > 0:
            after = (earlier + 1) % len(allowance)
            apart = np.int64(popcount(np.uint64(one[i, after] ^ other[j, after])))
            if apart < room + allowance[after]:
                return True
    return False


@compiled
def fill_table(
    chunks: NDArray[np.uint16],
    chunk: int,
    starts: NDArray[np.uint32],
    items: NDArray[np.uint32],
    following: NDArray[np.uint16],
) -> None:
    """Sort the items by the value of one chunk, by counting.

    Entries `starts[v]` to `starts[v + 1]` hold the items whose chunk has the value v; `following`
    holds, for each entry, the next chunk on the ring.
    """
    after = (chunk + 1) % chunks.shape[1]
    starts[:] = 0
    for item in range(len(chunks)):
        starts[np.int64(chunks[item, chunk]) + 1] += np.uint32(1)
    for value in range(len(starts) - 1):
        starts[value + 1] += starts[value]
    place = starts.copy()
    for item in range(len(chunks)):
        value = chunks[item, chunk]
        entry = place[value]
        place[value] = entry + np.uint32(1)
        items[entry] = item
        following[entry] = chunks[item, after]


@compiled
def _verify(
    words: NDArray[np.uint64],
    chunks: NDArray[np.uint16],
    queries: NDArray[np.uint64],
    query_chunks: NDArray[np.uint16],
    items: NDArray[np.uint32],
    entries: NDArray[np.int64],
    owners: NDArray[np.int64],
    waiting: int,
    chunk: int,
    allowance: NDArray[np.int64],
    distance: int,
    found_query: NDArray[np.int64],
    found_item: NDArray[np.int64],
    found_distance: NDArray[np.int32],
    found: int,
) -> int:
    """Compare whole hashes for the `waiting` candidates; return how many are found by now."""
    base = words.ctypes.data
    for k in range(waiting):
        item = np.int64(items[entries[k]])
        if item >= len(words):
            return DAMAGED
        entries[k] = item
        prefetch(base + 32 * item)
    for k in range(waiting):
        item = entries[k]
        query = owners[k]
        apart = _distance(words, item, queries, query)
        if apart <= distance and not _found_before(
            chunks, item, query_chunks, query, chunk, allowance
        ):
            if found < len(found_query):
                found_query[found] = query
                found_item[found] = item
                found_distance[found] = apart
            found += 1
    return found


@compiled
def _search_chunk(
    words: NDArray[np.uint64],
    chunks: NDArray[np.uint16],
    starts: NDArray[np.uint32],
    items: NDArray[np.uint32],
    following: NDArray[np.uint16],
    queries: NDArray[np.uint64],
    query_chunks: NDArray[np.uint16],
    chunk: int,
    allowance: NDArray[np.int64],
    distance: int,
    found_query: NDArray[np.int64],
    found_item: NDArray[np.int64],
    found_distance: NDArray[np.int32],
    found: int,
) -> int:
    """Search the table of one chunk; return how many matches are found by now, or `DAMAGED`.

    The entries the next query will read are fetched while those of this one are tested.
    """
    entries = np.empty(_BUFFER, np.int64)
    owners = np.empty(_BUFFER, np.int64)
    run_start = np.empty((2, _RUNS), np.int64)
    run_end = np.empty((2, _RUNS), np.int64)
    own = allowance[chunk]
    after = (chunk + 1) % len(allowance)
    runs = 1 if own == 1 else _RUNS
    base = following.ctypes.data
    item_base = items.ctypes.data
    waiting = 0
    for step in range(len(queries) + 1):
        if step < len(queries):
            for run in range(runs):
                near = np.int64(query_chunks[step, chunk]) ^ ((1 << run) >> 1)
                run_start[step & 1, run] = starts[near]
                run_end[step & 1, run] = starts[near + 1]
                for entry in range(np.int64(starts[near]), np.int64(starts[near + 1]), LANES):
                    prefetch(base + 2 * entry)
        for run in range(runs if step else 0):
            query = step - 1
            limit = own + allowance[after] - 1 - (run > 0)
            end = run_end[query & 1, run]
            for entry in range(run_start[query & 1, run], end, LANES):
                mask = _near_mask(base, entry, end, query_chunks[query, after], limit)
                if mask:
                    waiting = _note(mask, entry, query, item_base, entries, owners, waiting)
                if waiting > _BUFFER - LANES:
                    found = _verify(
                        words, chunks, queries, query_chunks, items, entries, owners,
                        waiting, chunk, allowance, distance,
                        found_query, found_item, found_distance, found,
                    )  # fmt: skip
                    waiting = 0
                    if found == DAMAGED:
                        return DAMAGED
    return _verify(
        words, chunks, queries, query_chunks, items, entries, owners,
        waiting, chunk, allowance, distance,
        found_query, found_item, found_distance, found,
    )  # fmt: skip


@compiled
def search(
    words: NDArray[np.uint64],
    chunks: NDArray[np.uint16],
    starts: NDArray[np.uint32],
    items: NDArray[np.uint32],
    following: NDArray[np.uint16],
    queries: NDArray[np.uint64],
    query_chunks: NDArray[np.uint16],
    allowance: NDArray[np.int64],
    distance: int,
    found_query: NDArray[np.int64],
    found_item: NDArray[np.int64],
    found_distance: NDArray[np.int32],
) -> int:
    """Search for each query; return the number of matches or `DAMAGED`.

    Chunk by chunk, so that one table stays in the cache for all queries.
    """
    found = 0
    for chunk in range(len(allowance)):
        if allowance[chunk] > 0 and found != DAMAGED:
            found = _search_chunk(
                words, chunks, starts[chunk], items[chunk], following[chunk], queries,
                query_chunks, chunk, allowance, distance,
                found_query, found_item, found_distance, found,
            )  # fmt: skip
    return found


@compiled
def scan(
    words: NDArray[np.uint64],
    queries: NDArray[np.uint64],
    distance: int,
    found_query: NDArray[np.int64],
    found_item: NDArray[np.int64],
    found_distance: NDArray[np.int32],
) -> int:
    """Compare each query with each hash; return the number of matches."""
    found = 0
    for query in range(len(queries)):
        for item in range(len(words)):
            apart = _distance(words, item, queries, query)
            if apart <= distance:
                if found < len(found_query):
                    found_query[found] = query
                    found_item[found] = item
                    found_distance[found] = apart
                found += 1
    return found


@compiled
def join(
    words: NDArray[np.uint64],
    chunks: NDArray[np.uint16],
    chunk: int,
    starts: NDArray[np.uint32],
    items: NDArray[np.uint32],
    following: NDArray[np.uint16],
    lowest: int,
    highest: int,
    allowance: NDArray[np.int64],
    distance: int,
    enough: int,
    found_one: NDArray[np.int64],
    found_other: NDArray[np.int64],
    found_distance: NDArray[np.int32],
    found: int,
) -> int:
    """Pair the entries whose chunk has a value from `lowest` to `highest` with those near it.

    Returns how many pairs are found by now, `found` of them before the call; stops soon after they
    are more than `enough`.
    """
    entries = np.empty(_BUFFER, np.int64)
    owners = np.empty(_BUFFER, np.int64)
    run_start = np.empty(_RUNS, np.int64)
    run_end = np.empty(_RUNS, np.int64)
    own = allowance[chunk]
    after = (chunk + 1) % len(allowance)
    base = following.ctypes.data
    item_base = items.ctypes.data
    word_base = words.ctypes.data
    waiting = 0
    for value in range(lowest, highest):
        if starts[value] == starts[value + 1]:
            continue
        runs = 1
        run_end[0] = starts[value + 1]
        for bit in range(_RUNS - 1 if own > 1 else 0):
            near = value ^ (1 << bit)
            run_start[runs] = starts[near]
            run_end[runs] = starts[near + 1]
            runs += (near > value) & (starts[near] < starts[near + 1])  # no branch to mispredict
        for one in range(np.int64(starts[value]), np.int64(starts[value + 1])):
            run_start[0] = one + 1
            beyond = following[one]
            for run in range(runs):
                limit = own + allowance[after] - 1 - (run > 0)
                end = run_end[run]
                for entry in range(run_start[run], end, LANES):
                    mask = _near_mask(base, entry, end, beyond, limit)
                    if mask:
                        owner = np.int64(items[one])
                        prefetch(word_base + 32 * owner)
                        waiting = _note(mask, entry, owner, item_base, entries, owners, waiting)
                    if waiting > _BUFFER - LANES:
                        found = _verify(
                            words, chunks, words, chunks, items, entries, owners,
                            waiting, chunk, allowance, distance,
                            found_one, found_other, found_distance, found,
                        )  # fmt: skip
                        waiting = 0
                        if found > enough:
                            return found
    return _verify(
        words, chunks, words, chunks, items, entries, owners,
        waiting, chunk, allowance, distance,
        found_one, found_other, found_distance, found,
    )  # fmt: skip
