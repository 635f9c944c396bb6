"""The overview's small chart: what is drawn, and what is said."""

from app.web.portal.lists import span
from app.web.portal.spark import HEIGHT, STEP, spark


def test_the_highest_hour_fills_the_chart_and_the_smallest_is_still_seen():
    chart = spark([1_000_000, 0, 1])

    assert [(bar.x // STEP, bar.height) for bar in chart.bars] == [(0, HEIGHT), (2, 2)]
    assert all(bar.y + bar.height == HEIGHT for bar in chart.bars)
    assert chart.width == 3 * STEP


def test_it_says_in_words_what_it_shows():
    assert spark([5, 1_200, 0]).said == (
        "Rows in each of the last 3 hours: 1,205 in all, most 1 hour ago (1,200), 0 this hour"
    )
    assert spark([0, 0]).said == "Rows in each of the last 2 hours: none"


def test_a_length_of_time_is_told_in_the_largest_unit_that_fits():
    told = [span(seconds) for seconds in (45, 60, 900, 5_400, 86_400, 604_800)]

    assert told == ["45 seconds", "1 minute", "15 minutes", "1.5 hours", "1 day", "7 days"]
