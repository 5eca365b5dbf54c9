"""Labels in pictures, by one rule: no wider than there is room, and every one told apart.

A name gives way, what stands behind it (a date, which of its numbers it is) does not. It is cut in
its middle, for names differ at their ends; where two would then read the same, around the place
where they differ.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial

from matplotlib.figure import Figure

from sim.results.words import cut, cut_middle, isolated, key_parts

_BEFORE = 8  # letters of the word in which names differ, shown before that, at most


def labels(
    figure: Figure, parts: Sequence[tuple[str, str]], *, width: float, size: float
) -> list[str]:
    """Return labels for a picture.

    Parameters
    ----------
    figure
        That they are for.
    parts
        Of each label: a name, which may be cut, and what stands behind it.
    width
        Pixels that there are for each.
    size
        Of the letters, points.
    """
    lines = [(" ".join(name.split()), rest) for name, rest in parts]

    def fit(line: tuple[str, str], shorten: Callable[[str, int], str] = cut_middle) -> str:
        name, rest = line

        def label(length: int) -> str:
            return isolated(shorten(name, length)) + rest

        if text_width(figure, label(len(name)), size) <= width:
            return label(len(name))
        lengths = range(1, len(name))
        fits = bisect_right(lengths, width, key=lambda n: text_width(figure, label(n), size))
        return label(max(1, fits))

    found = [fit(line) for line in lines]
    for label in _twins(found):
        same = [i for i, each in enumerate(found) if each == label]
        alike = _alike([lines[i][0] for i in same])
        word = lines[same[0]][0].rfind(" ", 0, alike) + 1
        for i in same:
            found[i] = fit(lines[i], partial(_from, start=max(word, alike - _BEFORE)))
    for label in _twins(found):
        same = [i for i, each in enumerate(found) if each == label]
        for number, i in enumerate(same, start=1):
            name, rest = lines[i]
            found[i] = fit((name, f" ({number}){rest}"))
    return found


def fitted(figure: Figure, text: str, *, width: float, size: float) -> str:
    """Return a text as the one label of its kind."""
    return labels(figure, [(text, "")], width=width, size=size)[0]


def key_labels(figure: Figure, keys: Sequence[str], *, width: float, size: float) -> list[str]:
    """Return labels for keys, in words."""
    parts = [key_parts(key) for key in keys]
    named = [(name, f": {title}") if name else (title, "") for name, title in parts]
    return labels(figure, named, width=width, size=size)


def text_width(figure: Figure, text: str, size: float) -> float:
    """Return how wide a text is, pixels."""
    probe = figure.text(0, 0, text, fontsize=size)
    width = float(probe.get_window_extent().width)
    probe.remove()
    return width


def _twins(found: list[str]) -> list[str]:
    return [label for label, times in Counter(found).items() if times > 1]


def _alike(names: Sequence[str]) -> int:
    """Return how many letters names begin with that are the same in all of them."""
    return next(
        (i for i, letters in enumerate(zip(*names, strict=False)) if len(set(letters)) > 1),
        min(map(len, names)),
    )


def _from(name: str, length: int, *, start: int) -> str:
    """Return what stands in a name from some place on, no longer than that."""
    return cut("\u2026" + name[start:] if start else name, length)
