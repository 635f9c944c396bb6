"""A supplier's score and its parts: the arithmetic on its own."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.domain.suppliers.reliability import Figures, score, values, window

PERFECT = Figures(
    days=30,
    known=30,
    polls=1000,
    answered=1000,
    latency_s=500.0,
    delay_s=1000 * 90.0,
    delays=1000,
    stock_outs=0,
    shrinks=0,
    listed=30 * 100,
)
NOTHING = Figures(30, 0, 0, 0, 0, 0, 0, 0, 0, 0)
INTERVAL_S = 900
COUNT = st.integers(0, 10_000)
FIGURES = st.builds(
    lambda polls, answered, **more: Figures(polls=polls, answered=min(answered, polls), **more),
    days=st.sampled_from([7, 30, 90]),
    known=st.integers(1, 90),
    polls=COUNT,
    answered=COUNT,
    latency_s=st.floats(0, 1e6),
    delay_s=st.floats(0, 1e8),
    delays=COUNT,
    stock_outs=COUNT,
    shrinks=COUNT,
    listed=COUNT,
)


def parts(figures: Figures) -> dict[str, float | None]:
    return {one["name"]: one["score"] for one in window(figures, INTERVAL_S)["parts"]}


def test_a_supplier_without_fault_has_a_hundred():
    assert score(PERFECT, INTERVAL_S) == 100
    assert set(parts(PERFECT).values()) == {100}


def test_of_whom_nothing_is_known_has_none():
    assert score(NOTHING, INTERVAL_S) is None
    assert set(parts(NOTHING).values()) == {None}


@pytest.mark.parametrize(
    ("figures", "part", "points"),
    [
        (replace(PERFECT, answered=995), "successRate", 100),
        (replace(PERFECT, answered=900), "successRate", 0),
        (replace(PERFECT, answered=950), "successRate", 52.6),
        (replace(PERFECT, delay_s=1000 * 1800.0), "delayIntervals", 0),
        (replace(PERFECT, delay_s=1000 * 1012.5), "delayIntervals", 50),
        (replace(PERFECT, latency_s=16_000.0), "latencyS", 50),
        (replace(PERFECT, stock_outs=50), "stockOutsPerSku", 0),
        (replace(PERFECT, stock_outs=26), "stockOutsPerSku", 50),
        (replace(PERFECT, shrinks=2), "shrinksPerMonth", 50),
    ],
)
def test_each_part_lies_on_its_line(figures: Figures, part: str, points: float):
    assert parts(figures)[part] == pytest.approx(points, abs=0.1)
    others = {name: told for name, told in parts(figures).items() if name != part}
    assert {told for name, told in others.items() if name != "latencyS"} == {100}


def test_a_part_of_which_nothing_is_known_weighs_nothing():
    unlisted = replace(PERFECT, listed=0, answered=900)
    assert parts(unlisted)["stockOutsPerSku"] is None
    assert score(unlisted, INTERVAL_S) == pytest.approx(100 * (1 - 40 / 85), abs=0.1)


@given(figures=FIGURES)
def test_the_score_is_the_parts_by_their_weights(figures: Figures):
    told = window(figures, INTERVAL_S)
    known = [one for one in told["parts"] if one["score"] is not None]
    if told["score"] is not None:
        assert 0 <= told["score"] <= 100
        by_hand = sum(one["score"] * one["weight"] for one in known) / sum(one["weight"] for one in known)
        assert told["score"] == pytest.approx(by_hand, abs=0.11)


@given(figures=FIGURES, worse=st.integers(1, 100))
def test_more_faults_never_make_it_better(figures: Figures, worse: int):
    faultier = replace(
        figures,
        shrinks=figures.shrinks + worse,
        stock_outs=figures.stock_outs + worse,
        delay_s=figures.delay_s + worse,
    )
    before, after = score(figures, INTERVAL_S), score(faultier, INTERVAL_S)
    assert (before is None) == (after is None)
    assert before is None or after is None or after <= before


def test_the_weights_are_a_hundred_in_all():
    assert sum(part.weight for part, _ in values(PERFECT, INTERVAL_S)) == 100
