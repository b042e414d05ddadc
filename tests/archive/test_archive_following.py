"""The feed under eight writers (four on SQLite) and readers with cursors, some of whom are killed with -9 in each round.

benchmarks/changes.py does the same for a hundred rounds.
"""

import pytest
from following import besiege

ROUNDS = 3


@pytest.mark.slow
def test_nothing_is_lost_or_doubled_or_out_of_order(url, archive, tmp_path):
    siege = besiege(
        url, tmp_path, writers=4 if url.startswith("sqlite") else 8, readers=2, rounds=ROUNDS, seed=5, growth=20
    )
    assert siege.faults == 0, siege
    assert siege.killed.total() >= ROUNDS
    assert {"new", "revised", "copied", "gone", "restored"} >= set(siege.kinds) >= {"new", "revised", "copied"}
    assert siege.read >= 4 * siege.changes > 0
    assert list(archive.verify()) == []
