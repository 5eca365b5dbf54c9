"""Labels: keys in words, no wider than there is room, every one told apart."""

import pytest
from keys import keys
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from sim.results.pictures.deadlines import spread
from sim.results.pictures.labels import fitted, key_labels, labels, text_width
from sim.results.words import at_least, cut_middle, isolated, key_words
from sim.scenario.keys import dotted

ARRAYS = ("sector", "crew", "deadline", "closure", "season", "shelling.regimes", "money.fund")
ARRAYS += ("money.overhead",)
INNER = ("tranches", "deployment")  # arrays of tables inside the entries of others
SIZE = 12.0


@pytest.fixture
def figure() -> Figure:
    """Return an empty figure that can measure."""
    empty = Figure(figsize=(12, 7.5), dpi=100)
    FigureCanvasAgg(empty)
    return empty


def test_every_key_has_words_of_its_own() -> None:
    said: dict[str, str] = {}
    for key in keys():
        table = next((each for each in ARRAYS if key.startswith(f"{each}.")), "")
        place = key.replace(f"{table}.", f"{table}.'of {table}'.") if table else key
        for inner in INNER:
            place = place.replace(f".{inner}.", f".{inner}.1.")
        words = key_words(place)
        assert words != place
        assert words.startswith((f"of {table}: ", f"of {table} 1: ")) == bool(table)
        assert said.setdefault(words, key) == key
    assert len(said) > 50


@pytest.mark.parametrize(
    ("key", "words"),
    [
        ('crew."manual teams".count', "manual teams: number of crews"),
        ("crew.'manual teams'.count", "manual teams: number of crews"),
        ("crew.'the 'best''.count", "the 'best': number of crews"),
        (dotted("crew", 'the "best"', "count"), 'the "best": number of crews'),
        ("money.fund.grant.amount", "grant: money in it"),
        ("money.fund.grant.tranches.1.amount", "grant 1: money that comes"),
        ("factors.rate", "output of all crews (factor)"),
        ("factors.rate.mean", "output of all crews (factor), mean"),
        ("crews", "crews"),
        ("crew.teams", "crew.teams"),
        ("no such.key", "no such.key"),
    ],
)
def test_a_key_in_words(key: str, words: str) -> None:
    assert key_words(key) == words


def test_a_name_gives_way_and_what_stands_behind_it_does_not(figure: Figure) -> None:
    (label,) = labels(figure, [("m" * 60, ", 4 Jul 2025: 39 %")], width=300, size=SIZE)
    assert label.startswith("mm")
    assert label.endswith("mm, 4 Jul 2025: 39 %")
    assert 270 < text_width(figure, label, SIZE) <= 300
    assert fitted(figure, "short\n enough", width=300, size=SIZE) == "short enough"


def test_names_that_differ_nowhere_but_in_the_middle_are_told_apart(figure: Figure) -> None:
    names = [f"{'a' * 28} {i} {'z' * 28}" for i in range(10)]
    found = labels(figure, [(name, "") for name in names], width=150, size=SIZE)
    assert [str(i) in label for i, label in enumerate(found)] == [True] * 10
    narrow = labels(figure, [(name, "") for name in names], width=70, size=SIZE)
    assert len(set(narrow)) == 10
    assert all(text_width(figure, label, SIZE) <= 150 for label in found)


def test_one_sector_has_a_label_for_each_of_its_keys(figure: Figure) -> None:
    of = [dotted("sector", "x" * 60, key) for key in ("area_ha", "opens")]
    area, opens = key_labels(figure, of, width=200, size=SIZE)
    assert area.endswith("x: area")
    assert opens.endswith("x: opening")


def test_a_name_from_right_to_left_leaves_the_date_behind_it_alone() -> None:
    assert isolated("village") == "village"
    assert isolated("הנהר 2") == "\u2068הנהר 2\u2069"


def test_a_text_without_its_middle() -> None:
    assert cut_middle("abcdefghij", 10) == "abcdefghij"
    assert cut_middle("abcdefghijk", 7) == "abc\u2026ijk"
    assert cut_middle("abcdefghijk", 1) == "\u2026"


def test_labels_stand_near_their_lines_and_apart() -> None:
    assert spread([10, 50], gap=20, low=0, high=100) == [10, 50]
    assert spread([10, 11, 12], gap=20, low=5, high=100) == [10, 30, 50]
    assert spread([98, 99], gap=20, low=0, high=100) == [80, 100]
    assert spread([], gap=20, low=0, high=100) == []


@pytest.mark.parametrize(
    ("value", "words"),
    [(106.999, "106"), (107.0, "107"), (20.0, "20"), (19.9999, "19.99"), (1.13, "1.13"),
     (0.00123456, "0.001234"), (0.0, "0"), (12345.9, "12\u202f345")],
)  # fmt: skip
def test_what_is_at_least_so_much_is_rounded_down(value: float, words: str) -> None:
    assert at_least(value) == words
