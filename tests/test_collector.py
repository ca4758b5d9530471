from __future__ import annotations

import gc
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from gisgrid import collector


def test_the_search_rests_until_the_last_thread_is_through() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def load() -> None:
        with collector.at_rest():
            begun.set()
            assert go_on.wait(60)

    with ThreadPoolExecutor(1) as thread:
        with collector.at_rest():
            other = thread.submit(load)
            assert begun.wait(60)
        assert not gc.isenabled()
        go_on.set()
        other.result(60)
    assert gc.isenabled()


def test_the_search_goes_on_after_a_failure_and_stays_off_where_it_was_off() -> None:
    with pytest.raises(ValueError, match="no"), collector.at_rest():
        raise ValueError("no")
    assert gc.isenabled()
    gc.disable()
    try:
        with collector.at_rest():
            pass
        assert not gc.isenabled()
    finally:
        gc.enable()
