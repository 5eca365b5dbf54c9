"""Pictures: drawn for every ensemble, the same bytes each time, labels that do not overlap."""

import datetime as dt
import subprocess
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import matplotlib as mpl
import numpy as np
import pytest
from build import MONDAY, build
from drawn import Drawn, assert_picture
from ensembles import completed_at, run, uncertain
from matplotlib.dates import date2num

from sim.outcome import Ensemble
from sim.results.pictures import canvas
from sim.results.pictures import released as plots
from sim.results.pictures.deadlines import _crossings, _Flag, _rows
from sim.results.words import cut, number, share_words, words
from sim.statistics.summary import progress

Picture = Callable[[Ensemble, Path], None]
both = pytest.mark.parametrize("picture", [plots.completion, plots.progress])


def deadlines(*days: int) -> list[dict[str, object]]:
    return [{"name": f"deadline {d}", "date": MONDAY + dt.timedelta(days=d)} for d in days]


def least() -> Ensemble:
    return run(build(deadline=deadlines(12)), n=1)


def very_long() -> Ensemble:
    century = {"horizon_days": 36_525.0, "parcel_ha": 100.0}
    return run(uncertain(campaign=century, sector={"area_ha": 20_000.0}), n=5)


def eventful() -> Ensemble:
    """Return an unfinished ensemble, with land found and released again and text of all kinds."""
    regime = {"name": "calm", "attacks_per_24h": 9.0, "mean_days": 9.0}
    return run(
        uncertain(
            campaign={"title": "$x_1$ Суджа 中文 عربي " * 9},
            deadline=[{"name": "^_$\\frac{" * 9, "date": MONDAY}, *deadlines(*range(20))],
            growth={"share": 0.3, "found_until": 20.0},
            shelling={"regimes": [regime], "recontaminated_parcels": 1.0, "ends": 20.0},
        ),
        n=10,
        asked=1000,
    )


CASES: dict[str, Callable[[], Ensemble]] = {
    "a single replication": least,
    "three close deadlines": lambda: run(uncertain(deadline=deadlines(9, 10, 11)), n=20),
    "all censored": lambda: completed_at(least(), [None, None]),
    "half censored": lambda: completed_at(least(), [10.0, None] * 10),
    "one censored of many": lambda: completed_at(least(), [None, *(i / 10 for i in range(300))]),
    "all on one day": lambda: completed_at(least(), [10.0] * 20),
    "very long": very_long,
    "eventful": eventful,
}


@both
@pytest.mark.parametrize("case", CASES)
def test_a_picture_of_every_ensemble(
    picture: Picture, case: str, drawn: list[Drawn], tmp_path: Path
) -> None:
    picture(CASES[case](), tmp_path / "p.png")
    assert_picture(tmp_path / "p.png")
    drawn[0].assert_readable()


@both
def test_a_picture_does_not_depend_on_the_users_settings(picture: Picture, tmp_path: Path) -> None:
    ensemble = run(uncertain(), n=5)
    picture(ensemble, tmp_path / "a.png")
    with mpl.rc_context({"font.size": 30, "axes.grid": False, "lines.linewidth": 9}):
        picture(ensemble, tmp_path / "b.png")
    assert (tmp_path / "a.png").read_bytes() == (tmp_path / "b.png").read_bytes()


def of(picture: Picture, ensemble: Ensemble, drawn: list[Drawn], folder: Path) -> Drawn:
    """Return what a picture shows."""
    picture(ensemble, folder / "p.png")
    return drawn.pop()


@both
def test_a_picture_says_what_it_is_about(
    picture: Picture, drawn: list[Drawn], tmp_path: Path
) -> None:
    scenario = build(campaign={"title": "Fields"}, deadline=deadlines(9))
    ensemble = completed_at(run(scenario, n=1), [10.0, None, 10.0, 10.5])
    found = of(picture, ensemble, drawn, tmp_path).words
    assert "Fields" in found
    assert any(t.startswith("4 replications, seed 0; 1 not complete by 25 Mar 2028") for t in found)
    assert "deadline 9, 9 Jul 2025: 50 %" in found
    assert not any("INCOMPLETE" in t for t in found)
    found = of(picture, replace(ensemble, asked=1234), drawn, tmp_path).words
    assert any(t.startswith("INCOMPLETE: 4 of 1\u202f234 replications") for t in found)


def test_the_distribution_states_p_dates_and_what_is_censored(
    drawn: list[Drawn], tmp_path: Path
) -> None:
    ensemble = completed_at(run(build(), n=1), [10.0] * 6 + [20.0] * 2 + [None] * 2)
    found = of(plots.completion, ensemble, drawn, tmp_path).words
    assert "P50   9 Jul 2025" in found
    assert "P80   19 Jul 2025" in found
    assert not any(t.startswith("P90") for t in found)
    assert "20 %\nnot complete by\n25 Mar 2028" in found


DAY_0 = date2num(MONDAY)


def test_the_distribution_steps_at_each_completion(drawn: list[Drawn], tmp_path: Path) -> None:
    ensemble = completed_at(run(build(), n=1), [20.0, 10.0, None, 12.5])
    axes = of(plots.completion, ensemble, drawn, tmp_path).figure.axes[0]
    (curve,) = (line for line in axes.lines if line.get_drawstyle() == "steps-post")
    low, high = axes.get_xlim()
    assert curve.get_xdata().tolist() == [low, DAY_0 + 10, DAY_0 + 12.5, DAY_0 + 20, high]
    assert curve.get_ydata().tolist() == [0, 0.25, 0.5, 0.75, 0.75]


@both
def test_a_deadline_stands_at_the_end_of_its_day(
    picture: Picture, drawn: list[Drawn], tmp_path: Path
) -> None:
    ensemble = run(build(deadline=deadlines(4, 8)), n=1)
    lines = of(picture, ensemble, drawn, tmp_path).figure.axes[0].lines
    at = [line.get_xdata()[0] for line in lines if line.get_color() == canvas.ORANGE]
    assert at == [DAY_0 + 5, DAY_0 + 9]


def test_progress_is_the_released_land_of_each_day(drawn: list[Drawn], tmp_path: Path) -> None:
    ensemble = run(uncertain(), n=20)
    shown = of(plots.progress, ensemble, drawn, tmp_path)
    days, net = progress(ensemble, gross=False)
    ordered = np.sort(net, axis=0)
    line = shown.line("released land, median")
    assert line.get_xdata().tolist() == (DAY_0 + days).tolist()
    assert line.get_ydata().tolist() == ordered[9].tolist()
    for label, least, most in (("P05 to P95", 0, 18), ("P10 to P90", 1, 17)):
        (band,) = (c for c in shown.figure.axes[0].collections if c.get_label() == label)
        corners = set(map(tuple, band.get_paths()[0].vertices.tolist()))
        for edge in (ordered[least], ordered[most]):
            assert set(zip(DAY_0 + days, edge, strict=True)) <= corners
    assert "known land, 10 ha" in shown.words


@pytest.mark.parametrize("lines", [[100, 110, 120], [100, 500], [100, 100], [900, 950, 960], []])
def test_labels_of_deadlines_do_not_meet(lines: list[float]) -> None:
    flags = [_Flag(x, x, x + 200) if x < 800 else _Flag(x, x - 200, x) for x in lines]
    rows = _rows(flags)
    for i, a in enumerate(flags):
        for k, b in enumerate(flags[:i]):
            assert rows[i] != rows[k] or a.right < b.left or b.right < a.left
    assert _crossings(flags, rows) == 0
    assert _rows([_Flag(0, 0, 200), _Flag(500, 500, 700)]) == [0, 0]
    assert _crossings([_Flag(0, 0, 200), _Flag(100, 100, 300)], [0, 1]) == 1


def test_words_and_numbers_are_those_of_a_person() -> None:
    assert words(dt.date(2027, 8, 4)) == "4 Aug 2027"
    assert [number(x) for x in (1_234_567, 12.5, 0.25, 20.4)] == [
        "1\u202f234\u202f567",
        "12.5",
        "0.25",
        "20",
    ]
    shares = (0, 0.001, 0.005, 0.5, 0.995, 0.996, 1)
    ends = (["0 %", "under 1 %", "under 1 %"], ["over 99 %", "over 99 %", "100 %"])
    assert [share_words(x) for x in shares] == [*ends[0], "50 %", *ends[1]]
    assert cut("a\nb   c", 10) == "a b c"
    assert cut("x" * 50, 10) == "x" * 9 + "\u2026"


def test_pictures_need_no_pyplot() -> None:
    code = "import sim.results.pictures.released, sys; sys.exit('matplotlib.pyplot' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, timeout=60).returncode == 0
