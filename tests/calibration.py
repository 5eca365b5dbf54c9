"""Simulation-based calibration of the forecast: are its ranks uniform?

Campaigns are drawn from a scenario's own prior, each with the record that it would have produced,
and the forecast is made from that record. If all is right, the rank of what is true among the
campaigns of the forecast is uniform: of the completion, of inputs, and of the likelihood (without
it a forecast that ignores its record would pass).

`python tests/calibration.py [CAMPAIGNS]` does it with weights and with moves, for exact, biased and
bounded records (200 campaigns each by default; 20 minutes).

References
----------
Talts, Betancourt, Simpson, Vehtari, Gelman (2018): Validating Bayesian inference algorithms with
simulation-based calibration. arXiv:1804.06788. Modrak et al. (2023): SBC with the likelihood.
"""

import datetime as dt
import sys
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from build import build, law
from numpy.typing import NDArray
from scipy.stats import kstest

from sim.experiments.forecast.conditioning import condition, moved
from sim.experiments.forecast.histories import Histories
from sim.experiments.study import Study
from sim.running.run import run
from sim.sampling import Sampler
from sim.sampling.recipes import Given, Recipe, plain
from sim.scenario.record import Record, Report
from sim.scenario.scenario import Scenario
from sim.statistics.likelihood import Reported, log_likelihood, made_up

Floats = NDArray[np.float64]
Wrong = Callable[[Reported], Reported]
TRUE = 2**22  # the replications from here on are what really happened; moves use none of them
POOL, KEPT = 3000, 63
INPUTS = ("crew.c0.rate_ha_per_day", "sector.A.area_ha", "sector.B.opens")
DAYS = (15, 30, 45)
KINDS = ("exact", "biased", "bounded")


def scenario(kind: str) -> Scenario:
    """Return a small campaign with chance on every level, and how wrong its record may be."""
    stated = build(
        campaign={"horizon_days": 400},
        sector=[
            {"area_ha": law("uniform", low=20, high=40)},
            {"area_ha": 12, "opens": law("uniform", low=0, high=40), "region": "north"},
        ],
        crew={"count": 2, "variation": 0.2,
              "rate_ha_per_day": law("lognormal", mean=0.4, cv=0.35)},
        pace={"weekly_cv": 0.25, "weekly_correlation": 0.5},
    )  # fmt: skip
    bias = 0.15 if kind == "biased" else 0.0
    record = Record(file="record.csv", error_ha=1.5, error_share=0.0, bias_share=bias, tails=6)
    return stated.model_copy(update={"record": record})


def reports(kind: str) -> list[Report]:
    """Return reports of which only the amounts are missing; one is of a region."""
    start = scenario(kind).campaign.start
    dates = [start + dt.timedelta(days=days) for days in DAYS]
    places = [("", ""), ("", ""), ("region", "north")]
    return [
        Report(date, *place, "exact", 10.0, 10.0, date, row, "")  # type: ignore[arg-type]
        for row, (date, place) in enumerate(zip(dates, places, strict=True), start=2)
    ]


def recorded(kind: str, released: Floats, reported: Reported, luck: Floats) -> Reported:
    """Return the record that a campaign would have produced."""
    amounts = made_up(released, reported, bias=luck[0], errors=luck[1:])
    if kind != "bounded":
        return replace(reported, amount=amounts)
    asked = np.array([10.0, 20.0, 4.0])  # whether it was as much
    return replace(reported, amount=asked, bound=np.where(amounts >= asked, 1, -1))


def as_it_is(reported: Reported) -> Reported:
    """Change nothing."""
    return reported


class Calibration:
    """Ranks of what is true for one kind of record; the prior is simulated once."""

    def __init__(self, kind: str, *, campaigns: int, pool: int = POOL, seed: int = 5) -> None:
        self.kind, self.seed, self.scenario = kind, seed, scenario(kind)
        self.histories = Histories(Study(seed=seed), self.scenario, reports(kind))
        self.prior = [plain(r) for r in range(pool)]
        self.true = [plain(TRUE + i) for i in range(campaigns)]
        self.of_prior, self.of_true = (self._told(who) for who in (self.prior, self.true))
        self.luck = np.random.default_rng(seed).random((campaigns, 1 + len(DAYS)))

    def _told(self, recipes: list) -> tuple[Floats, Floats]:  # type: ignore[type-arg]
        """Return what campaigns released, and their completion and inputs (R, 1 + inputs)."""
        done = run(
            self.scenario, replications=len(recipes), seed=self.seed, recipes=Given(tuple(recipes))
        )
        u = Sampler(self.scenario, seed=self.seed).inputs(recipes)
        days = np.where(done.completion_s < 0, 2**40, done.completion_s)
        told = np.column_stack([days, *(u[key][:, 0] for key in INPUTS)])
        return self.histories.released(recipes), told

    def ranks(
        self, method: str, *, wrong: Wrong = as_it_is, sign: int = 1, n: int = KEPT
    ) -> Floats:
        """Return the ranks (campaigns, quantities), uniform on 0 to 1 if all is right."""
        (released, told), found = self.of_prior, []
        rng = np.random.default_rng(self.seed)
        for i, luck in enumerate(self.luck):
            true_released, true = (x[i] for x in self.of_true)
            record = recorded(self.kind, true_released, self.histories.reported, luck)
            taken = wrong(record)
            log_l = sign * log_likelihood(released, taken)
            if method == "weights":
                chances = np.exp(log_l - log_l.max())
                which = rng.choice(len(log_l), n, p=chances / chances.sum())
                theirs, values = released[which], told[which]
            else:
                self.histories.reported = taken
                moved = condition(
                    self.histories, self.scenario, seed=self.seed + i, n=n, only="moves",
                    released=released, log_l=log_l,
                ).recipes  # fmt: skip
                theirs, values = self._told(list(moved))
            both = [log_likelihood(x, taken) for x in (true_released[None], theirs)]
            true, values = np.append(true, both[0]), np.column_stack([values, both[1]])
            below, ties = (values < true).sum(axis=0), (values == true).sum(axis=0)
            found.append((below + rng.random(len(true)) * (1 + ties)) / (n + 1))
        return np.array(found)


def chains(
    histories: Histories, log_l: Floats, *, seed: int, rounds: int, step: float = 0.3
) -> list[list[Recipe]]:
    """Return the campaigns of chains that end in the posterior, after each round of their moves.

    Each begins as a plain replication of its own; a round tries to move every part once. It has
    moves in common with the forecast, and neither weights nor powers nor resampling.
    """
    now, rng = [plain(r) for r in range(len(log_l))], np.random.default_rng(seed)
    fresh, after = TRUE, list[list[Recipe]]()
    for _ in range(rounds):
        for part in ("inputs", "time", "crews"):
            numbers, fresh = range(fresh, fresh + len(now)), fresh + len(now)
            tried = [
                moved(recipe, part, step, number, renewed=part == "crews")
                for recipe, number in zip(now, numbers, strict=True)
            ]
            theirs = log_likelihood(histories.released(tried), histories.reported)
            accepted = np.log(rng.random(len(now))) < theirs - log_l
            pairs = zip(now, tried, accepted, strict=True)
            now = [new if taken else old for old, new, taken in pairs]
            log_l = np.where(accepted, theirs, log_l)
        after.append(now)
    return after


def p_values(ranks: Floats) -> Floats:
    """Return how probable ranks as uneven as these are, for each quantity."""
    return np.array([kstest(column, "uniform").pvalue for column in ranks.T])


def main() -> None:
    """Print p-values of each kind of record and method."""
    campaigns = int(sys.argv[1]) if len(sys.argv) > 1 else 200
    print("record   method   completion  " + "  ".join(INPUTS) + "  likelihood")
    for kind in KINDS:
        calibration = Calibration(kind, campaigns=campaigns)
        for method in ("weights", "moves"):
            found = p_values(calibration.ranks(method))
            print(f"{kind:8} {method:8} " + "  ".join(f"{p:.3f}" for p in found), flush=True)


if __name__ == "__main__":
    main()
