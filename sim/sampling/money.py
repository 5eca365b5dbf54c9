"""Money: what is in each fund, and what it bears of the cost of whom."""

from dataclasses import dataclass

import numpy as np

from sim.sampling.crews import roster_of
from sim.sampling.draws import Block, Draw, whole
from sim.sampling.size import refuse_draw_above
from sim.scenario.checks import MOST_PAID, most_money
from sim.scenario.keys import dotted
from sim.scenario.kinds import ROLES
from sim.scenario.money import YEAR_DAYS
from sim.world import PER_HA, Attacks, Crews, Floats, Ints, IntTable, Land, Money


def draw_money(draw: Draw, crews: Crews, land: Land, attacks: Attacks) -> Money:
    """Draw the funds; refuse money, also what the crews can cost, that cannot be counted."""
    money, share = draw.scenario.money, draw.block.once(_shares)
    draw.block.once(_refuse_costs)
    tranches, overheads, i = draw.block.once(_tranches), draw.block.once(_overheads), draw.i
    prices = draw.block.once(_prices)[i]
    if prices.any():
        _refuse_prices(draw, prices, land, attacks)
    groups = np.array([ROLES.index(crew.role) for crew in draw.scenario.crew])
    at_s, amount = tranches.at_s[i], tranches.amount[i]
    at_once = at_s <= 0
    later = np.argsort(at_s, kind="stable")
    later = later[(at_s > 0)[later] & (at_s <= draw.shared.horizon_s)[later]]
    on_day_0 = np.zeros(share.shape[1], np.int64)
    np.add.at(on_day_0, tranches.fund[at_once], amount[at_once])
    return Money(
        amount=on_day_0,
        tranche_s=at_s[later],
        tranche_fund=tranches.fund[later],
        tranche_amount=amount[later],
        bears=share > 0,
        per_day=_parts(crews.cost_per_day, share[crews.role]),
        standby=_parts(crews.standby_per_day, share[crews.role]),
        to_mobilise=_parts(crews.cost_to_mobilise, share[crews.role]),
        price=prices,
        price_up_to=np.cumsum(_parts(prices, share[groups]), axis=1),
        overhead_fund=overheads.fund,
        overhead_once=overheads.once[i],
        overhead_per_day=overheads.per_day[i],
        stop_when_spent=bool(money and money.when_spent == "stop"),
    )


def _prices(block: Block) -> Ints:
    """Draw the price of a hectare of each group of crews (R, G), hundredths."""
    prices = np.zeros((len(block), len(block.scenario.crew)))
    for group, crew in enumerate(block.scenario.crew):
        if crew.price is not None:
            key = dotted("crew", crew.name)
            luck = f"{key}.price_per_ha"  # in any unit
            prices[:, group] = block.number(f"{key}.{crew.price_key}", crew.price, luck=luck)
    return whole(100 * prices)


def _refuse_prices(draw: Draw, prices: Ints, land: Land, attacks: Attacks) -> None:
    """Refuse prices of all land, cleared as often as it may be, that cannot be counted."""
    s, dearest = draw.scenario, draw.scenario.crew[int(prices.argmax())]
    ha = (land.parcels + len(attacks.hit_parcel)) * land.parcel_m2 / PER_HA
    key = f"{dotted('crew', dearest.name)}.{dearest.price_key}"
    most = min(most_money(s), MOST_PAID)
    refuse_draw_above(s, key, float(prices.max()) / 100 * ha, f"{s.currency} for all land", most)


def _shares(block: Block) -> Floats:
    """Return which share of the cost of each role a fund bears (3, F)."""
    funds = block.scenario.money.fund if block.scenario.money else ()
    shares = [[fund.share * (role in fund.roles) for fund in funds] for role in ROLES]
    return np.array(shares, np.float64).reshape(len(ROLES), len(funds))


def _parts(cost: Ints, share: Floats) -> IntTable:
    """Divide whole costs (C) by shares (C, F) into whole parts that add up to them exactly."""
    if share.shape[1] == 0:
        return np.zeros(share.shape, np.int64)
    up_to = np.cumsum(share, axis=1)
    up_to /= np.where(up_to[:, -1:] > 0, up_to[:, -1:], 1.0)  # so that it ends at 1
    parts = np.floor(cost[:, None] * up_to + 0.5).astype(np.int64)
    parts[:, 1:] -= parts[:, :-1].copy()
    return parts


def _refuse_costs(block: Block) -> None:
    """Refuse crews that would cost too much if all of them stayed until the horizon."""
    scenario, roster = block.scenario, block.once(roster_of)
    days = block.shared.horizon_s / block.shared.day_s
    some, dearer = np.minimum(roster.count, 1), roster.standby_per_day > roster.cost_per_day
    cost = {  # of a crew, where there is one (R, G)
        "cost_per_day": some * np.where(dearer, 0, roster.cost_per_day) * (days / 100),
        "standby_cost_per_day": some * np.where(dearer, roster.standby_per_day, 0) * (days / 100),
        "cost_to_mobilise": some * roster.cost_to_mobilise * roster.arrives_s.shape[2] / 100,
    }
    total = (roster.count * sum(cost.values())).sum(axis=1)
    worst = int(total.argmax())
    field = max(cost, key=lambda name: cost[name][worst].max())
    name = dotted(scenario.crew[cost[field][worst].argmax()].name)
    words = f"{scenario.currency} of cost until the horizon, of all crews together"
    refuse_draw_above(
        scenario, f"crew.{name}.{field}", float(total[worst]), words, most_money(scenario)
    )


@dataclass(frozen=True)
class _Overheads:
    """Costs that are no crew's (O) in the replications of a block (R), hundredths."""

    fund: Ints
    """Which fund bears them, -1 if none does (O)."""
    once: Ints
    """On day 0 (R, O)."""
    per_day: Ints
    """A day (R, O)."""


def _overheads(block: Block) -> _Overheads:
    """Draw the overheads."""
    s, money = block.scenario, block.scenario.money
    overheads, n = money.overhead if money else (), len(block)
    names = [fund.name for fund in money.fund] if money else []
    drawn = {key: np.zeros((n, len(overheads))) for key in ("once", "per_year")}
    for j, overhead in enumerate(overheads):
        for key, found in drawn.items():
            place, law = f"money.overhead.{dotted(overhead.name)}.{key}", getattr(overhead, key)
            if law is not None:
                found[:, j] = block.number(place, law)
                most = float(found[:, j].max()) * max(1.0, s.campaign.horizon_days / YEAR_DAYS)
                refuse_draw_above(s, place, most, s.currency, most_money(s))
    return _Overheads(
        fund=np.array([names.index(o.fund) if o.fund else -1 for o in overheads], np.int64),
        once=whole(100 * drawn["once"]),
        per_day=whole(100 * drawn["per_year"] / YEAR_DAYS),
    )


@dataclass(frozen=True)
class _Tranches:
    """All money that comes (T), fund by fund, in any replication of a block (R)."""

    fund: Ints
    """Which fund it is in (T)."""
    at_s: Ints
    """When it comes, seconds (R, T)."""
    amount: Ints
    """How much it is, hundredths (R, T)."""


def _tranches(block: Block) -> _Tranches:
    """Draw when money comes, and how much; what is there from the start comes on day 0."""
    funds = block.scenario.money.fund if block.scenario.money else ()
    n = len(block)
    which, at_s, amounts = [np.zeros(0, np.int64)], [np.zeros((n, 0))], [np.zeros((n, 0))]
    for number, fund in enumerate(funds):
        key = f"money.fund.{dotted(fund.name)}"
        tranches = fund.tranches or ()
        parts = [(f"{key}.tranches.{dotted(str(t.name))}", t) for t in tranches]
        comes = [block.time_s(f"{place}.from", tranche.from_) for place, tranche in parts]
        comes += [np.zeros(n, np.int64)] if fund.amount else []
        drawn = [block.number(f"{place}.amount", tranche.amount) for place, tranche in parts]
        drawn += [block.number(f"{key}.amount", fund.amount)] if fund.amount else []
        most = float(np.sum(drawn, axis=0).max())
        place = f"{key}.{fund.stated('amount', 'tranches')}"
        refuse_draw_above(
            block.scenario, place, most, block.scenario.currency, most_money(block.scenario)
        )
        which.append(np.full(len(drawn), number))
        at_s.append(np.stack(comes, axis=1))
        amounts.append(np.stack(drawn, axis=1))
    return _Tranches(
        fund=np.concatenate(which),
        at_s=np.concatenate(at_s, axis=1).astype(np.int64),
        amount=whole(100 * np.concatenate(amounts, axis=1)),
    )
