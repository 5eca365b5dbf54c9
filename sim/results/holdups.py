"""What holds a campaign up, in words."""

from collections.abc import Iterator, Mapping

from sim.results.words import share_words

_BUSY, _WAITS = 0.1, 0.2  # shares of a crew's time: less than the first, at least the second
_SELDOM = 0.05  # of the campaigns
_MOST = 3  # names in a row


def holdups(last: Mapping[str, float], idle: Mapping[str, float]) -> Iterator[str]:
    """Yield which sectors are finished last, and which crews are busy or wait, if there is news.

    Parameters
    ----------
    last
        How often each sector is released last, the most frequent first.
    idle
        Share of its time that each group of crews waits for land or pay; NaN if it never was there.
    """
    lines = list(said(last_words(last), crew_words(idle)))
    if lines:
        yield ""
        yield "What holds it up?"
        yield from lines


def said(last: str, crews: str) -> Iterator[str]:
    """Yield a line for each of the two that says something."""
    if last:
        yield f"  Finished last: {last}"
    if crews:
        yield f"  {crews[0].upper()}{crews[1:]}"


def last_words(last: Mapping[str, float]) -> str:
    """Return which sectors are finished last; nothing if there is only one.

    Parameters
    ----------
    last
        As in `holdups`.
    """
    if len(last) < 2:
        return ""
    (first, share), *others = list(last.items())[:_MOST]
    more = [f"{name} in {share_words(p)}" for name, p in others if p >= _SELDOM]
    return ", ".join([f"{first} in {share_words(share)} of the campaigns", *more])


def crew_words(idle: Mapping[str, float]) -> str:
    """Return which crews are busy and which wait; nothing if none does.

    Parameters
    ----------
    idle
        As in `holdups`.
    """
    busy = [name for name, share in idle.items() if share < _BUSY]
    waiting = sorted((-share, name) for name, share in idle.items() if share >= _WAITS)
    parts = [f"nearly always busy: {_few(busy)}"] if busy else []
    times = [f"{name} ({share_words(-share)} of the time)" for share, name in waiting]
    return "; ".join([*parts, f"often waiting: {_few(times)}"] if times else parts)


def _few(texts: list[str]) -> str:
    more = len(texts) - _MOST
    return ", ".join(texts[:_MOST]) + (f" and {more} more" if more > 0 else "")
