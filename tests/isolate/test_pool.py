"""The pool answers every item exactly once, and blames the right one."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import textwrap
import time
from collections import Counter
from multiprocessing import forkserver
from pathlib import Path

import hostile_tasks
import pytest
from hostile_tasks import FAULTS, Examined

from tamis.errors import PoolError
from tamis.isolate import InlineExecutor, Outcome, SafePool, Status
from tamis.model import Observation

GIB = 1 << 30


def pool(function=hostile_tasks.fault, **options):
    options = {"workers": 1, "timeout": 20.0, "memory": GIB, "results": (Examined,)} | options
    return SafePool(function, **options)


def by_item(outcomes):
    outcomes = list(outcomes)
    assert len({outcome.item for outcome in outcomes}) == len(outcomes)
    return {outcome.item: outcome for outcome in outcomes}


@pytest.mark.parametrize(
    ("fault", "status", "detail"),
    [
        ("segv", Status.CRASHED, "SIGSEGV"),
        ("kill", Status.CRASHED, "SIGKILL"),
        ("abort", Status.CRASHED, "SIGABRT"),
        ("exit", Status.CRASHED, "exit 3"),
        ("exit255", Status.CRASHED, "exit 255"),
        ("sysexit", Status.ERROR, "SystemExit: 4"),
        ("memory", Status.MEMORY, "more than 1024 MiB"),
        ("leak", Status.MEMORY, "more than 1024 MiB"),
        ("raise", Status.ERROR, r"ValueError: no\x1b[31m picture"),
        ("object", Status.ERROR, "TypeError: a result may hold only plain data, not _thread.lock"),
        ("huge", Status.ERROR, "ValueError: a result of 68157458 bytes is too large"),
        ("close", Status.CRASHED, "closed its connection"),
        ("garbage", Status.CRASHED, "answer refused: a frame of 1684300900 bytes"),
        ("stray", Status.CRASHED, "answer refused: it was not asked for"),
        ("claims", Status.CRASHED, "answer refused: a worker cannot know that"),
        ("pickle", Status.CRASHED, "answer refused: too much JSON"),
        ("mistyped", Status.CRASHED, "answer refused: Examined.path is of type int"),
    ],
)
def test_fault_in_the_middle_of_a_full_queue_costs_only_itself(fault, status, detail):
    items = [0, 1, fault, 2, 3, 4, 5]
    answered = by_item(pool(depth=4).map(items))
    assert set(answered) == set(items)
    assert answered.pop(fault) == Outcome(fault, status, None, detail)
    assert answered == {n: Outcome(n, Status.OK, 2 * n) for n in range(6)}


@pytest.mark.parametrize("fault", ["hang", "pause", "half"])
def test_deadline_ends_what_never_answers(fault):
    answered = by_item(pool(timeout=0.5).map([0, fault, 1, 2]))
    assert answered.pop(fault) == Outcome(fault, Status.TIMEOUT, None, "no answer in 0.5 s")
    assert answered == {n: Outcome(n, Status.OK, 2 * n) for n in range(3)}


def test_deadline_runs_from_the_start_of_the_work_not_from_the_queue():
    # Four at 0.4 s each wait in one worker's queue: each is in time, their sum is not.
    items = [f"sleep:{n}" for n in range(4)]
    statuses = {outcome.status for outcome in pool(timeout=1.2, depth=4).map(items)}
    assert statuses == {Status.OK}


def test_deadline_may_depend_on_the_item():
    answered = by_item(
        pool(timeout=lambda item: 0.3 if item == "hang" else 20.0).map(["sleep", "hang"])
    )
    assert answered["sleep"].status is Status.OK
    assert answered["hang"].detail == "no answer in 0.3 s"


@pytest.mark.parametrize("workers", [1, 2])
def test_slow_caller_makes_no_item_late(workers):
    run = pool(workers=workers, timeout=4.0).map(["big:0", "big:1", 1, 2])
    outcomes = [next(run)]
    time.sleep(4.5)
    outcomes += run
    assert {outcome.status for outcome in outcomes} == {Status.OK}


def test_results_come_back_as_they_were():
    (outcome,) = pool().map(["examined"])
    assert outcome.value == Examined("é", b"\x00\xff", (Observation("a.b", {"k": [1, None]}, 0.5),))


def test_many_faults_each_exactly_once():
    random_ = random.Random(2)
    items = [*range(480), *(f"{random_.choice(FAULTS)}:{n}" for n in range(20))]
    random_.shuffle(items)
    outcomes = list(pool(workers=2).map(items))
    assert Counter(outcome.item for outcome in outcomes) == Counter(items)
    for outcome in outcomes:
        if isinstance(outcome.item, int):
            assert outcome == Outcome(outcome.item, Status.OK, 2 * outcome.item)
        else:
            assert outcome.status is not Status.OK


def test_outcomes_may_add_items():
    todo = [1]
    seen = []

    def next_item():
        return todo.pop() if todo else None

    for outcome in pool(hostile_tasks.double).run(next_item):
        seen.append(outcome.item)
        if outcome.value < 32:
            todo.extend((outcome.value, outcome.value + 1))
    assert sorted(seen) == list(range(1, 32))


def test_none_means_nothing_at_present():
    answers = iter([1, None, 2, None, None])
    seen = [o.item for o in pool(hostile_tasks.double).run(lambda: next(answers, None))]
    assert sorted(seen) == [1, 2]


def test_nothing_to_do_starts_no_worker():
    assert list(pool(initialiser=hostile_tasks.fail_in_setup).map([])) == []


def test_worker_is_replaced_after_its_share():
    pids = [outcome.value for outcome in pool(hostile_tasks.pid, max_tasks=3).map(range(10))]
    assert Counter(Counter(pids).values()) == Counter([3, 3, 3, 1])


def test_worker_is_replaced_after_running_out_of_memory():
    run = pool(hostile_tasks.fault, depth=1)
    assert [o.status for o in run.map(["leak", 1, "leak:2", 2])] == [
        Status.MEMORY,
        Status.OK,
        Status.MEMORY,
        Status.OK,
    ]


@pytest.mark.parametrize(
    ("initialiser", "message"),
    [
        (hostile_tasks.fail_in_setup, "cannot be set up: RuntimeError: no model found"),
        (hostile_tasks.exit_in_setup, "ended before it was ready: exit 9"),
    ],
)
def test_failing_setup_blames_no_item(initialiser, message):
    with pytest.raises(PoolError, match=message):
        list(pool(initialiser=initialiser).map([1, 2, 3]))


def test_function_that_cannot_be_imported_is_refused():
    with pytest.raises(PoolError, match="cannot be started"):
        list(pool(lambda item: item).map([1]))


def test_item_that_cannot_travel_is_answered():
    items = [1, lambda: None, 2]
    answered = {id(o.item): o for o in pool(hostile_tasks.double).map(items)}
    assert answered[id(items[1])].status is Status.ERROR
    assert answered[id(items[0])].value == 2
    assert answered[id(items[2])].value == 4


def test_items_larger_than_the_pipe_do_not_block_the_run():
    items = [bytes([n]) * (3 << 20) for n in range(6)]
    answered = by_item(pool(hostile_tasks.identity).map(items))
    assert all(answered[item].value == item for item in items)


def test_large_items_behind_a_hanging_one_do_not_block_the_deadline():
    items = ["hang", *("sleep:" + "x" * (2 << 20) + str(n) for n in range(3))]
    answered = by_item(pool(timeout=1.5).map(items))
    assert answered.pop("hang").status is Status.TIMEOUT
    assert {outcome.status for outcome in answered.values()} == {Status.OK}


def _alive(pid):
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"


needs_proc = pytest.mark.skipif(
    not Path("/proc/self/stat").exists(), reason="needs /proc to see processes"
)


@needs_proc
@pytest.mark.parametrize("how", ["close", "interrupt"])
def test_no_process_survives_an_early_end(how, tmp_path):
    run = pool(hostile_tasks.pid, workers=2).map(range(50))
    pids = {next(run).value for _ in range(10)}
    if how == "close":
        run.close()
    else:
        with pytest.raises(KeyboardInterrupt):
            run.throw(KeyboardInterrupt)
    assert pids
    assert not [pid for pid in pids if Path(f"/proc/{pid}").exists()]


def test_end_of_the_fork_server_blames_no_item():
    answered = by_item(_with_dying_fork_server(pool(workers=2).map([0, "sleep:1", "sleep:2", 1])))
    assert {outcome.status for outcome in answered.values()} == {Status.OK}
    assert len(answered) == 4


def _with_dying_fork_server(run):
    yield next(run)
    os.kill(forkserver._forkserver._forkserver_pid, signal.SIGKILL)
    yield from run


@needs_proc
@pytest.mark.parametrize("how", ["killed", "interrupted"])
def test_no_process_survives_the_coordinator(how, tmp_path):
    script = tmp_path / "coordinator.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import hostile_tasks
        from tamis.isolate import SafePool

        if __name__ == "__main__":
            pool = SafePool(hostile_tasks.pid_then_hang, workers=1, timeout=60.0, memory=1 << 30)
            run = pool.map([0, 1])
            print(next(run).value, flush=True)
            next(run)
        """)
    )
    command = [sys.executable, script]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdout=pipe, stderr=pipe, start_new_session=True) as coordinator:
        worker = int(coordinator.stdout.readline())
        assert _alive(worker)
        if how == "killed":
            coordinator.kill()
        else:
            os.killpg(coordinator.pid, signal.SIGINT)  # as Ctrl-C does: to all of them
        _, messages = coordinator.communicate(timeout=20)
    assert messages.count(b"Traceback") == (how == "interrupted")
    end = time.monotonic() + 10
    while _alive(worker) and time.monotonic() < end:
        time.sleep(0.02)
    assert not _alive(worker)


def test_modules_in_the_current_folder_are_not_imported(tmp_path):
    marker = tmp_path / "ran"
    evidence = tmp_path / "evidence"
    evidence.mkdir()
    for name in ("socket", "selectors", "tamis", "numpy", "multiprocessing"):
        (evidence / f"{name}.py").write_text(f"open({str(marker)!r}, 'w')")
    script = tmp_path / "coordinator.py"
    script.write_text(
        textwrap.dedent(f"""
        import sys
        sys.path.insert(0, {str(Path(__file__).parent)!r})
        import hostile_tasks
        from tamis.isolate import SafePool, probe

        if __name__ == "__main__":
            probe()
            pool = SafePool(hostile_tasks.double, workers=1, timeout=60.0, memory=1 << 30)
            assert [outcome.value for outcome in pool.map([4])] == [8]
        """)
    )
    subprocess.run([sys.executable, script], cwd=evidence, check=True)
    assert not marker.exists()


def test_inline_answers_as_the_pool_does():
    items = [1, "raise", "object", "examined", "sysexit", 2]
    inline = InlineExecutor(hostile_tasks.fault, results=(Examined,))
    rest = iter(items)
    outcomes = list(inline.run(lambda: next(rest, None)))
    assert outcomes == list(pool(depth=1).map(items))
    assert inline.confinement.level == "none"


def test_pool_needs_a_worker():
    with pytest.raises(ValueError, match="at least one worker"):
        pool(workers=0)


def test_pids_differ_from_ours():
    (outcome,) = pool(hostile_tasks.pid).map([0])
    assert outcome.value != os.getpid()
