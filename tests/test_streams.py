"""The generator against its published answers; addresses that share nothing."""

import os
import subprocess
import sys

import numpy as np
import pytest
from scipy import stats

from sim.sampling.compiled.streams import (
    philox,
    stream_key,
    uniform,
    uniforms_by_index,
    uniforms_by_ordinal,
)

ONES = 0xFFFFFFFF
# Random123 1.14, tests/kat_vectors: philox4x32 10
KNOWN = [
    ((0, 0), (0, 0, 0, 0), (0x6627E8D5, 0xE169C58D, 0xBC57AC4C, 0x9B00DBD8)),
    ((ONES, ONES), (ONES,) * 4, (0x408F276D, 0x41C83B0E, 0xA20BC7C6, 0x6D5451FD)),
    (
        (0xA4093822, 0x299F31D0),
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xD16CFE09, 0x94FDCCEB, 0x5001E420, 0x24126EA1),
    ),
]


@pytest.mark.parametrize(("key", "counter", "words"), KNOWN)
def test_the_generator_gives_the_published_answers(
    key: tuple[int, int], counter: tuple[int, ...], words: tuple[int, ...]
) -> None:
    assert tuple(map(int, philox(np.uint64(key[0] | key[1] << 32), *counter))) == words


def test_a_uniform_number_is_made_of_two_words() -> None:
    key = stream_key(7, "purpose", "entity")
    w0, w1, _, _ = philox(key, 5, 4, 3, 2)
    expected = ((int(w0) << 20 | int(w1) >> 12) + 0.5) / 2**52
    assert uniform(key, 5, 4, 3, 2) == expected


def test_one_number_and_many_are_the_same_numbers() -> None:
    key = stream_key(1, "a")
    replications = np.array([4, 0, 812])
    by_index = uniforms_by_index(key, np.array([3, -1, 0]), replications, 2)
    assert by_index.tolist() == [
        [uniform(key, i, 0, r, 2) for i in (3, -1, 0)] for r in (4, 0, 812)
    ]
    by_ordinal = uniforms_by_ordinal(key, 5, replications)
    assert by_ordinal.tolist() == [
        [uniform(key, 0, i, r, 0) for i in range(5)] for r in (4, 0, 812)
    ]


def test_every_part_of_an_address_matters() -> None:
    keys = {
        int(stream_key(seed, purpose, entity))
        for seed in (0, 1, -1, 10**30)
        for purpose in ("a", "b", "ab", "")
        for entity in ("a", "b", "ab", "", "ж")
    }
    assert len(keys) == 4 * 4 * 5
    key = stream_key(0, "a")
    near = {uniform(key, *place) for place in np.ndindex(3, 3, 3, 3)}
    assert len(near) == 3**4


def test_neighbouring_addresses_are_uniform_and_unrelated() -> None:
    # each p-value fails with probability 1e-4 on another seed
    key = stream_key(2026, "test")
    u = uniforms_by_index(key, np.arange(50), np.arange(400), 0)
    assert np.all((u > 0) & (u < 1))
    assert stats.kstest(u.ravel(), "uniform").pvalue > 1e-4
    for a, b in ((u[:, :-1], u[:, 1:]), (u[:-1], u[1:])):
        assert abs(np.corrcoef(a.ravel(), b.ravel())[0, 1]) < 3.9 / np.sqrt(a.size)


PROGRAM = """
import hashlib, numpy as np
from sim.sampling.compiled import attacks, calendar, crews, bulk, parcels
from sim.sampling.compiled.streams import *
key = stream_key(3, "x", "y")
floats, counts = np.empty(40), np.empty(55, np.int32)
bulk.fill_factors(floats, 2.0, bulk.lognormal_table(0.6), key, 1, 2, 0)
keys, two, shares = np.array([key, key + key]), np.array([2, 5]), np.array([0.5, 0.2])
who = keys, np.array([0, 1, 1]), np.arange(3)
pieces = np.array([0, 30, 40, 55, 55])
last = np.array([1.0, 0.4, 0.7, 1.0])
parcels.draw_counts(counts, pieces, 6 * shares, 0.5, last, keys, two, 2)
where = np.repeat(np.array([0, 1]), np.array([3, 4]))
steps = [uniforms_by_index(key, np.arange(1, 40), two, sub)[0] for sub in (1, 2)]
line = attacks.regime_clock(0.3, *steps, np.array([0.01, 0.1]), np.array([50.0, 20.0]), 500.0)
parts = [
    [int(w) for w in philox(key, 1, 2, 3, 4)], uniforms_by_index(key, two, two, 1).tolist(),
    bulk.words(11, key, 1, 2, 3).tolist(), floats.tolist(), counts.tolist(),
    [part.tolist() for part in line],
    attacks.attack_times(key, 1, 2, 0.5, *line).tolist(),
    [part.tolist() for part in crews.exponential_thresholds(*who, 1, 40 * shares, 100.0)],
    [part.tolist() for part in crews.geometric_thresholds(*who, 1, 0.1, 100)],
    [part.tolist() for part in attacks.attacks_everywhere(keys, keys, two, 2, shares, *line)],
    [x.tolist() for x in attacks.hits_everywhere(keys, two, 2, where, where, 0.7, two, two)],
    [x.tolist() for x in parcels.draw_inspections(pieces, 0.7, 0.4, keys, keys, two, 2)],
    [x.tolist() for x in parcels.draw_finds(pieces, keys, two, 2, 60, 40)],
    crews.ragged_uniforms(*who, np.array([0, 2, 2, 3]), 9).tolist(),
    calendar.autoregression(np.arange(6.0).reshape(2, 3), 0.3).tolist(),
    calendar.lowest(np.array([[-2, 2]]), np.array([[3, 9]]), shares.reshape(1, 2), 7).tolist(),
    [bulk.poisson(u, 3.0) for u in (0.01, 0.5, 0.99)],
]
print(hashlib.sha256(repr(parts).encode()).hexdigest())
"""


def test_compiled_and_interpreted_draws_are_the_same_numbers() -> None:
    # coverage is measured with the compiler off, so both must be one program
    digests = {
        subprocess.run(
            [sys.executable, "-W", "error", "-c", PROGRAM],
            env=os.environ | {"NUMBA_DISABLE_JIT": off},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for off in ("0", "1")
    }
    assert len(digests) == 1
