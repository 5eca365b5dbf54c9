"""Generated scenarios in which anything may happen, and worlds of them with ties everywhere.

Scenarios are made of whole days and whole fractions of a day, and two of three worlds are put on a
coarse grid of time, one of them with all its work, so that things coincide everywhere.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import replace
from random import Random
from typing import Any

import numpy as np
from build import MONDAY, law, on_a_grid, with_crews, with_land, with_years
from hypothesis import strategies as st

from sim.sampling import Sampler
from sim.scenario.variants import validate
from sim.world import Floats, Ints, World

Tree = dict[str, Any]


class Choices:
    """Choices that make a scenario; a subclass says who makes them."""

    def of(self, *values: Any) -> Any:
        """Return one of some values."""
        raise NotImplementedError

    def maybe(self, **tables: Any) -> Tree:
        """Return the tables, or none of them."""
        return tables if self.of(False, True) else {}

    def mostly(self, **tables: Any) -> Tree:
        """Return the tables, in one case of three none of them."""
        return tables if self.of(False, True, True) else {}


class Drawn(Choices):
    """Choices that Hypothesis makes, and makes smaller when a test fails."""

    def __init__(self, draw: st.DrawFn) -> None:
        self.draw = draw

    def of(self, *values: Any) -> Any:
        return self.draw(st.sampled_from(values))


class Chance(Choices):
    """Choices by a seed."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def of(self, *values: Any) -> Any:
        return self.random.choice(values)


def sector(i: int, one: Choices) -> Tree:
    opens = law("discrete", values=[0, 1, 2, 3])
    hard = {"difficulty": 2, "status": "confirmed"}
    light = {"difficulty": 0.5, "status": "suspected"}
    cancelled = {"cancelled_share": 0.6 if i else 0.2}
    reduced = {"reduced_share": 0.2 if i else 0.6}
    return {
        "name": f"S{i}",
        "area_ha": one.of(3.0, 1.0, 2.0, 5.0, 8.0, 12.0, 2.5),
        "priority": one.of(0, 1, 2),
        **one.maybe(
            **one.of({"count": 1}, {"count": 2, "region": "R"}, {"count": 3, "region": "Q"})
        ),
        **one.maybe(opens=one.of(0, 1, 2, 5, opens)),
        **one.maybe(**one.of({"difficulty": 1}, hard, light)),
        **one.maybe(**one.of({"items_per_ha": 1, **cancelled}, {"items_per_ha": 5, **reduced})),
        **one.maybe(max_crews=one.of(1, 2, 3), exposure=one.of(1, 4)),
        **one.maybe(order="easiest"),
    }


def place(sector: Tree) -> str:
    """Return how a sector is named: by its region, if it is in one."""
    return str(sector.get("region", sector["name"]))


def crew(name: str, role: str, sectors: list[Tree], one: Choices) -> Tree:
    soon = law("discrete", values=[0, 1, 2, 4, 6])
    wishes = {"prefers": [place(sectors[-1])]} if name.endswith("2") else {}
    return {
        "name": name,
        "role": role,
        **({"operator": f"{role} teams"} if name.endswith("1") else {}),
        "count": one.of(1, 2, 3),
        "rate_ha_per_day": one.of(1, 2, 0.5, 4, 3),
        **one.of({"people": 1}, {"people": 20, **wishes}),
        **one.maybe(variation=one.of(0, 0.5), move_hours=one.of(0, 1, 2)),
        **one.maybe(arrives=one.of(0, 1, 3, soon)),
        **one.maybe(leaves=one.of(2, 5, 10, soon)),
        **one.maybe(cost_per_day=one.of(10, 100, 33), cost_to_mobilise=one.of(0, 100)),
        **(one.maybe(sectors=[place(one.of(*sectors))]) if name.endswith("2") else {}),
    }


def in_square_metres(table: Tree) -> None:
    """State some sizes and outputs in another unit: the same numbers."""
    if table.get("area_ha") in (5.0, 10.0, 1.0):
        table["area_m2"] = 10_000 * table.pop("area_ha")
    elif table.get("rate_ha_per_day") in (1, 2):
        table["rate_m2_per_day"] = 10_000 * table.pop("rate_ha_per_day")
    elif table.get("rate_ha_per_day") in (3, 4) and table["people"] == 20:
        deminers = 4 * table["rate_ha_per_day"]
        table |= {"deminers": deminers, "rate_m2_per_deminer_day": 2_500}
        del table["rate_ha_per_day"]
    elif table.get("rate_ha_per_day") == 0.5:
        table["rate_m2_per_deminer_day"] = 5_000 / table["people"]
        del table["rate_ha_per_day"]


def in_tranches(fund: Tree, start: dt.date) -> None:
    """State money that comes little by little instead of some amounts."""
    if fund["amount"] in (100, 2000):
        amount = fund.pop("amount")
        first = {"from": amount // 2000, "amount": law("discrete", values=[amount / 4, 70])}
        second = {"name": "second", "from": law("discrete", values=[3, 5]), "amount": amount / 2}
        last = {"from": start + dt.timedelta(days=8), "amount": 150}
        fund["tranches"] = [first, second, last]


def overheads(funds: list[Tree], when_spent: str) -> list[Tree]:
    """Return costs that are no crew's, if some fund has an amount for which there are some."""
    office = {"name": "office", "per_year": law("discrete", values=[3652.5, 9000])}
    start = {"name": "start", "once": law("discrete", values=[40, 75.55])}
    first = funds[0].get("amount")
    if first == 500 or (first is None and when_spent == "stop"):
        return [office | {"fund": funds[0]["name"]}, start | {"fund": funds[-1]["name"]}]
    return [office | {"per_year": 1500, "once": 5}, start] if first == 0 else []


def priced(table: Tree) -> None:
    """Pay some crews for the land that they clear too."""
    if table["role"] == "clearance" and table.get("cost_per_day") in (10, 33):
        key = "price_per_ha" if table["cost_per_day"] == 10 else "price_per_m2"
        table[key] = {"price_per_ha": 33.33, "price_per_m2": 0.0077}[key]
        if table["count"] == 1:
            table[key] = law("discrete", values=[table[key], 3 * table[key]])


def stays(table: Tree) -> None:
    """Have some crews stay to the end."""
    if table["count"] == 3 or table["rate_ha_per_day"] == 0.5:
        table["stays"] = "to the end"
    if table.get("cost_to_mobilise") == 100:
        table["standby_cost_per_day"] = 50 if table["cost_per_day"] == 33 else 3


def in_dates(table: Tree, start: dt.date) -> None:
    """State the days of a law as dates."""
    if isinstance(opens := table.get("opens"), dict):
        dates = [start + dt.timedelta(days=day) for day in opens["values"]]
        table["opens"] = opens | {"values": dates}


def in_stays(table: Tree) -> None:
    """Have some crews that would leave come back, others with them."""
    if (leaves := table.get("leaves")) in (2, 5):
        table |= {"cycle": {"days_on": leaves, "days_off": 1}, "rest_days": ["wed"]}
        if leaves == 5:
            table |= {"cycle": {"days_on": 3, "days_off": 2}, "rest_days": ["tue", "wed"]}
        table["count_factor"] = law("discrete", values=[0.5, 1]) if leaves == 5 else 1.5
        number, arrives = table.pop("count"), table.pop("arrives", 0)
        back = law("discrete", values=[leaves, leaves + 1, leaves + 3])
        again = law("discrete", values=[number, number + 1])
        table["deployment"] = [
            {"name": "first", "from": arrives, "count": number},
            {"name": "less", "from": table.pop("leaves"), "count": leaves // 5},
            {"name": "back", "from": back, "count": again},
        ]


def deadlines(sectors: list[Tree], start: dt.date) -> list[Tree]:
    """Return deadlines of all land and of some, what they ask for as the sectors have it."""
    size, place_ = sectors[0]["area_ha"], place(sectors[-1])
    regions = list(dict.fromkeys(s["region"] for s in sectors if "region" in s))
    asked = [
        {},
        {"released_share": 0.3 if size > 3 else 0.75, "sectors": [place_]},
        {"released_ha": size},
        {"sectors": [sectors[0]["name"]]},
        *({"regions": [region]} for region in regions),
        {"released_share": 1.0, "regions": regions} if regions else {"released_ha": 2 * size},
    ]
    return [
        {"name": f"d{i}", "date": start + dt.timedelta(days=(3 * i + round(size)) % 14)} | each
        for i, each in enumerate(asked)
    ]


def tree(one: Choices) -> Tree:
    """Return a small scenario in which anything may happen.

    A third of them are lean: crews go from parcel to parcel, and little comes between.
    """
    lean = one.of(False, False, True)
    sectors = [sector(i, one) for i in range(one.of(1, 2, 3))]
    for each in sectors if lean else ():
        each["area_ha"] *= 2
        each.pop("order", None)
    if one.of(*[False] * 7, True):  # more sectors than a word has bits
        sectors.append({"name": "wide", "count": 40, "area_ha": one.of(1.0, 0.5), "priority": 1})
    surveyed = {
        "cancelled_share": one.of(0, 0.3),
        "reduced_share": one.of(0, 0.3),
        **one.maybe(parcel_variation=0.5),
    }
    restored = {
        "share": one.of(1, 0.5),
        "starts": one.of("parcel", "sector"),
        **one.maybe(parcel_variation=0.5),
    }
    tables: Tree = {
        **one.maybe(survey=surveyed),
        **one.maybe(restoration=restored),
    }
    roles = ["clearance", *tables]
    hours = law("discrete", values=[0, 1, 2, 4])
    days = law("discrete", values=[0, 1, 2])
    attacked: Tree = {
        "regimes": [
            {"name": name, "attacks_per_24h": one.of(5, 20, 80), "mean_days": one.of(3, 1)}
            for name in one.of(["a"], ["a", "b"])
        ],
        "stop_hours": one.of(0, 1, 2, 4, 8, hours),
        "recontaminated_parcels": one.of(0, 0.3, 1.0, 2.0),
        "recontamination_effort": one.of(0.5, 1.0, 0.0),
        "casualty_probability": one.of(0.0, 0.1, 0.5, 1.0),
        "recovery_days": one.of(0, 1, 2, days),
        **one.maybe(ends=one.of(2, 5, 10)),
    }
    quality: Tree = {
        "inspected_share": one.of(1.0, 0.5),
        "failure_probability": one.of(0, 0.3, 0.6),
        "inspection_days": one.of(0, 1, 2, days),
        "rework_share": one.of(1.0, 0.5, 0.0, 2.0),
    }
    hurt = {"per_person_day": one.of(0.002, 0.02, 0.2), "stand_down_days": one.of(0, 1, 2, days)}
    hurt |= one.maybe(victims=3)
    winter = {
        "name": "winter",
        "closed_from": one.of("07-10", "07-03"),
        "closed_until": one.of("07-20", "07-12"),
        "pace": one.of(0, 0.5, 0.1, 1.5),
        **one.maybe(shift_days=one.of(-2, law("discrete", values=[-3, 0, 3]))),
    }
    rains = {"name": "rains", "closed_from": "07-06", "closed_until": "07-15", "pace": 0.3}
    rains["operators"] = ["clearance2"]
    regions = [each["region"] for each in sectors if "region" in each]
    flood = {"name": "flood", "closed_from": "07-05", "closed_until": "07-09", "pace": 0}
    teams = {"operators": ["clearance teams"]}
    flood |= teams | {"regions": regions[-1:]} if regions else {"sectors": [sectors[-1]["name"]]}
    # which of them there are hangs on a choice made already: one more would move all that follow
    seasons = [winter, rains, flood] if winter["pace"] in (0.5, 0.1) else [flood, winter]
    leave = {"name": "leave", "from": 3, "until": law("discrete", values=[4, 6])}
    unsafe = {"name": "unsafe", "from": law("discrete", values=[5, 8]), "until": 9, "pace": 0.5}
    unsafe["operators"] = ["clearance teams"]
    away = {"name": "away", "from": 2, "until": 5}
    away |= {"regions": regions[:1]} if regions else {"sectors": [sectors[-1]["name"]]}
    withdrawn = {"name": "withdrawn", "from": 1, "until": 3, "operators": ["clearance2"]}
    withdrawn["sectors"] = [sectors[0]["name"]]
    closures = [leave, unsafe, away, withdrawn] if winter["pace"] in (0.1, 1.5) else []
    wet = {"lost_day_probability": 0.5, "yearly_cv": 0.5, "spell_days": 3}
    slow = {"weekly_correlation": 0.8, "drift_cv_per_year": 1.0}
    weeks = {"weekly_cv": one.of(0.3, 1.0)}
    weeks |= one.of({}, one.of(slow, {"weekly_correlation": -0.5}))
    scaled = {
        **one.maybe(area=one.of(2, law("discrete", values=[0.5, 1, 2]))),
        **one.maybe(rate=one.of(0.5, law("discrete", values=[1, 2, 4]))),
        **one.maybe(items=one.of(0, 2)),
    }
    if scaled.get("items") == 2:
        scaled["crews"] = law("discrete", values=[0.5, 1, 1.5])
    paid = [[r] for r in roles] if one.of(True, False) else [roles]
    funds = [
        {"name": f"f{i}", "roles": r, "amount": one.of(100, 0, 500, 2000, 330)}
        for i, r in enumerate(paid)
    ]
    if len(funds) == 1 and funds[0]["amount"] in (500, 330):  # two pay for all
        both = {"roles": roles, "name": "g0", "amount": 60, "share": 0.125}
        funds = [funds[0] | {"share": 0.875}, both]
    whole: Tree = {
        "campaign": {
            "name": "test",
            "start": MONDAY + dt.timedelta(days=one.of(0, 4)),
            "horizon_days": one.of(30, 5, 10, 20, 60.5),
            "hours_per_day": one.of(4, 1, 6),
            "dispatch": one.of("priority", "balanced"),
            "parcel_ha": one.of(1.0, 0.5),
            "rest_days": one.of([], ["sun"], ["sat", "sun"]),
        },
        "sector": sectors,
        "crew": [crew(f"{role}{k}", role, sectors, one) for role in roles for k in (1, 2)],
        "clearance": {
            "parcel_variation": one.of(0, 0.5),
            "item_minutes": one.of(0, 30, 60),
            **one.maybe(item_dispersion=one.of(0.5, 3)),
        },
        **tables,
        **one.maybe(factors=scaled),
        **one.maybe(growth={"share": one.of(0.5, 1, 0.2), "found_until": one.of(3, 1, 5, 10)}),
        **one.mostly(quality=quality),
        **one.mostly(shelling=attacked),
        **one.maybe(season=seasons, closure=closures),
        **one.maybe(weather=one.of({"lost_day_probability": 0.1}, wet)),
        **one.maybe(pace=weeks),
        **one.maybe(accidents=hurt),
        **one.maybe(money={"when_spent": one.of("stop", "continue"), "fund": funds}),
    }
    whole["deadline"] = deadlines(sectors, whole["campaign"]["start"])
    for each in sectors:
        in_dates(each, whole["campaign"]["start"])
    for each in whole["crew"]:
        if not lean:  # with prices crews do not go the short way from parcel to parcel
            priced(each)
        stays(each)
    for each in funds:
        in_tranches(each, whole["campaign"]["start"])
    if "money" in whole:
        whole["money"]["overhead"] = overheads(funds, whole["money"]["when_spent"])
    for each in (*sectors, *whole["crew"]):
        in_square_metres(each)
    for each in whole["crew"]:
        in_stays(each)
    if lean:
        whole.pop("quality", None)
        whole["campaign"]["dispatch"] = "priority"
    return whole


def worlds(one: Choices, *, n: int, seed: int) -> Iterator[World]:
    """Yield some worlds of such a scenario: as drawn, and with times, and work, on a grid."""
    scenario = validate(tree(one), file="test")
    for drawn in Sampler(scenario, seed=seed).worlds(range(n)):
        world = with_years(drawn, days=4)
        yield world
        step_s = world.day_s // one.of(1, 2, 4)
        mishaps = replace(world.mishaps, accident_s=world.mishaps.accident_s // step_s * step_s)
        timed = on_a_grid(replace(world, mishaps=mishaps), step_s)
        yield timed
        yield with_even_work(timed, step_s)


def with_even_work(world: World, step_s: int) -> World:
    """Return the world in which efforts are multiples of a step, and pace and speed are even."""

    def even(work: Floats | Ints) -> Any:
        return np.where(work < 0, work, np.maximum(1, np.round(work / step_s)) * step_s)

    land, crews, pace = world.land, world.crews, world.calendar.pace
    world = replace(world, calendar=replace(world.calendar, pace=(pace + 250) // 500 * 500))
    world = with_land(
        world,
        survey_s=even(land.survey_s),
        clearance_s=even(land.clearance_s),
        restoration_s=even(land.restoration_s),
        item_s=float(round(land.item_s / step_s) * step_s),
    )
    return with_crews(
        world,
        speed=2.0 ** np.round(np.log2(crews.speed)),
        move_s=(crews.move_s + step_s // 2) // step_s * step_s,
    )
