"""Rules at equal instants: what is booked first among things due at one second.

The order is: finishes, inspections, found land, openings, arrivals, ends of stops and stand-downs,
attacks, spent funds, departures; then the land is looked at; then free crews choose, in crew order.
The pairs below are those whose order anybody can notice. Worlds are bent by hand so that things
coincide: a crew clears a hectare a day, a day is one hour of `DAY` seconds.
"""

from dataclasses import replace

import numpy as np
import pytest
from build import (
    DAY,
    Attack,
    Tree,
    build,
    count,
    every_engine,
    ints,
    play,
    spent,
    with_accidents,
    with_attacks,
    with_casualties,
    with_inspections,
    with_land,
    with_pace,
)

from sim.engines import Engine
from sim.outcome import OPEN, Outcome
from sim.sampling import sample_world
from sim.world import World

pytestmark = every_engine
HALF = DAY // 2
SURVEYOR, CLEARER, RESTORER = ({"role": r} for r in ("survey", "clearance", "restoration"))
RESTORATION: Tree = {"parcel_variation": 0}


def world(**about: object) -> World:
    return sample_world(build(**about))


def area(ha: float) -> Tree:
    return {"area_ha": ha}


def days(outcome: Outcome) -> list[float]:
    """Return the latest release of each parcel in days, None where it is open."""
    return [None if s == OPEN else s / DAY for s in outcome.release_s.tolist()]


def hit_whenever(case: World) -> World:
    """Return the world in which every attack that meets a crew at work hits it, for no time."""
    attacks = len(case.attacks.at_s)
    every = [(which, 0) for which in range(1, attacks + 1)]
    return with_casualties(case, dict.fromkeys(range(case.crews.crews), every))


def stop_money(amount: float, *roles: str) -> Tree:
    fund = {"name": "f", "roles": list(roles or ("clearance",)), "amount": amount}
    return {"when_spent": "stop", "fund": [fund]}


# Finishes come first


def test_finish_before_attack_so_the_crew_is_not_hit(engine: Engine) -> None:
    # the crew is between two parcels at the instant: nobody is at work, nobody is hit
    case = with_attacks(world(sector=area(2)), Attack(at_s=DAY, stop_s=HALF))
    outcome = play(hit_whenever(case), engine=engine)
    assert count(outcome, "casualties") == 0
    assert days(outcome) == [1, 2.5]
    earlier = with_attacks(world(sector=area(2)), Attack(at_s=DAY - 1, stop_s=HALF))
    assert count(play(hit_whenever(earlier), engine=engine), "casualties") == 1


def test_finish_before_attack_so_the_parcel_can_be_recontaminated(engine: Engine) -> None:
    case = with_attacks(world(sector=area(2)), Attack(at_s=DAY, hits=(0,)))
    outcome = play(case, engine=engine)
    assert outcome.releases.tolist() == [2, 1]
    assert outcome.recontaminations.tolist() == [1, 0]
    assert days(outcome) == [3, 2]  # it waits behind parcel 1
    earlier = with_attacks(world(sector=area(2)), Attack(at_s=DAY - 1, hits=(0,)))
    assert play(earlier, engine=engine).recontaminations.tolist() == [0, 0]


def test_attack_before_completion_is_looked_at(engine: Engine) -> None:
    # the last parcel is finished and hit at one second: the campaign was never complete then
    case = with_attacks(world(sector=area(1)), Attack(at_s=DAY, hits=(0,)), effort=0.5)
    outcome = play(case, engine=engine)
    assert outcome.completion_s == outcome.sector_release_s[0] == DAY + HALF
    assert (count(outcome, "recontaminated_m2"), count(outcome, "attacks")) == (10_000, 1)


def test_an_attack_at_completion_is_counted_and_none_after_it(engine: Engine) -> None:
    attacks = [Attack(at_s=s, stop_s=5) for s in (DAY, DAY + 1)]
    outcome = play(with_attacks(world(sector=area(1)), *attacks), engine=engine)
    assert outcome.completion_s == DAY
    assert count(outcome, "attacks") == 1


def test_recontamination_ends_with_completion(engine: Engine) -> None:
    # restoration goes on, and the land is shelled: it is not cleared again
    case = world(sector=area(2), crew=[CLEARER, RESTORER], restoration=RESTORATION)
    case = with_attacks(case, Attack(at_s=2 * DAY + 1, stop_s=HALF, hits=(0, 1)))
    outcome = play(case, engine=engine)
    assert outcome.recontaminations.tolist() == [0, 0]
    assert (outcome.completion_s, outcome.restored_s) == (2 * DAY, 3 * DAY + HALF)


def test_finish_before_spent_fund_so_the_last_parcel_counts(engine: Engine) -> None:
    case = world(sector=area(2), crew={"cost_per_day": 1}, money=stop_money(2))
    outcome = play(case, engine=engine)
    assert outcome.completion_s == 2 * DAY
    short = world(sector=area(2), crew={"cost_per_day": 1}, money=stop_money(1.99))
    assert days(play(short, engine=engine)) == [1, None]


def test_finish_before_departure_so_a_crew_delivers_and_goes(engine: Engine) -> None:
    outcome = play(world(sector=area(3), crew={"leaves": 2}), engine=engine)
    assert days(outcome) == [1, 2, None]
    assert outcome.crew_present_s.tolist() == [2 * DAY]


def test_finishes_in_crew_order_not_in_order_of_parcels(engine: Engine) -> None:
    # c1 surveys parcel 0 for two days; c0 comes a day later and surveys parcel 1: both finish at
    # day 2, and clearance gets parcel 1 first, since c0 hands over before c1
    crews = [{"role": "survey", "arrives": 1}, {"role": "survey", "rate_ha_per_day": 0.5}, CLEARER]
    outcome = play(world(sector=area(2), crew=crews, survey={}), engine=engine)
    assert days(outcome) == [4, 3]


def test_finish_before_inspection_so_handed_on_land_queues_first(engine: Engine) -> None:
    # parcel 0, cleared on day 2, fails on day 3, when parcel 2 comes from survey; c1 is then free
    # of parcel 1 and takes parcel 2
    case = world(sector=area(3), crew=[SURVEYOR, CLEARER], survey={})
    outcome = play(with_inspections(case, {0: [(DAY, False), (0, True)]}), engine=engine)
    assert days(outcome) == [5, 3, 4]


# Inspections


def test_inspections_in_order_of_parcels(engine: Engine) -> None:
    # c0 cleared parcel 1 by day 2, c1 parcel 0 by 2.5; both fail at day 3. Parcel 0 queues first,
    # though its inspection began later: c1 takes it up, and c2, new, parcel 1
    crews = [{"arrives": 1, "leaves": 2}, {"rate_ha_per_day": 0.4}, {"arrives": 3}]
    checks = {0: [(HALF, False), (0, True)], 1: [(DAY, False), (0, True)]}
    outcome = play(with_inspections(world(sector=area(2), crew=crews), checks), engine=engine)
    assert days(outcome) == [5.5, 4]


def test_inspection_before_find_so_failed_land_queues_first(engine: Engine) -> None:
    case = world(sector=area(2), growth={"share": 0.5, "found_until": 0})
    case = with_land(case, found_s=ints([HALF * 3]))
    case = with_inspections(case, {0: [(HALF, False), (0, True)]})
    assert days(play(case, engine=engine)) == [3, 2, 4]


def test_inspection_before_attack_so_accepted_land_can_be_hit(engine: Engine) -> None:
    case = with_inspections(world(sector=area(1)), {0: [(HALF, True)]})
    case = with_attacks(case, Attack(at_s=DAY + HALF, hits=(0,)))
    outcome = play(case, engine=engine)
    assert outcome.recontaminations.tolist() == [1]
    assert days(outcome) == [2.5]


def test_an_inspection_of_no_length_is_booked_at_once(engine: Engine) -> None:
    # "repeated until nothing is due": accepted at the instant of the finish, then hit by the attack
    case = with_inspections(world(sector=area(1)), {0: [(0, True)]})
    outcome = play(with_attacks(case, Attack(at_s=DAY, hits=(0,))), engine=engine)
    assert outcome.recontaminations.tolist() == [1]
    # failed at the instant of the finish, it is there to be chosen again at that instant
    case = with_inspections(world(sector=area(1)), {0: [(0, False), (0, False), (0, True)]})
    assert days(play(case, engine=engine)) == [3]


def test_inspection_before_spent_fund_and_before_departure(engine: Engine) -> None:
    # it needs no crew: it is passed at the second at which the crew is stopped, or leaves
    crew = {"cost_per_day": 1, "leaves": 2}
    case = with_inspections(
        world(sector=area(1), crew=crew, money=stop_money(2)), {0: [(DAY, True)]}
    )
    assert play(case, engine=engine).completion_s == 2 * DAY


# Found land, openings, arrivals


def test_find_before_completion_is_looked_at(engine: Engine) -> None:
    # the last known parcel is released as the last unknown one is found
    case = world(sector=area(2), growth={"share": 0.5, "found_until": 0})
    outcome = play(with_land(case, found_s=ints([2 * DAY])), engine=engine)
    assert outcome.completion_s == outcome.sector_release_s[0] == 3 * DAY


def test_find_before_opening_and_still_behind_the_initial_land(engine: Engine) -> None:
    case = world(sector=[area(2) | {"opens": 1}, area(1)], growth={"share": 0.5, "found_until": 0})
    for found_s in (DAY - 1, DAY, DAY + 1):
        outcome = play(with_land(case, found_s=ints([found_s, 9 * DAY])), engine=engine)
        assert days(outcome)[:3] == [2, 3, 4]


def test_openings_before_choice_so_the_best_sector_is_chosen(engine: Engine) -> None:
    # A opens first in the order of numbers, but B, opening at the same second, has priority
    sectors = [area(1) | {"opens": 1, "priority": 2}, area(1) | {"opens": 1, "priority": 1}]
    assert days(play(world(sector=sectors), engine=engine)) == [3, 2]


def test_finish_before_opening_and_choice_after_both(engine: Engine) -> None:
    # the crew that finishes as B opens goes there, not to A's next parcel
    sectors = [area(2) | {"priority": 2}, area(1) | {"opens": 1, "priority": 1}]
    assert days(play(world(sector=sectors), engine=engine)) == [1, 3, 2]


def test_find_before_choice(engine: Engine) -> None:
    # the crew finishes A's first parcel as land is found in B, which has priority over A's second
    case = world(
        sector=[area(2) | {"priority": 2}, area(2) | {"priority": 1}],
        growth={"share": 0.5, "found_until": 0},
    )
    # parcels: A 0, 1 and found 2; B 3, 4 and found 5
    case = with_land(case, found_parcel=ints([5, 2]), found_s=ints([3 * DAY, 4 * DAY]))
    assert days(play(case, engine=engine)) == [3, 5, 6, 1, 2, 4]


def test_arrival_before_choice_so_crew_order_decides(engine: Engine) -> None:
    # c1 has waited for two days; c0 arrives as the only parcel becomes accessible, and takes it
    crews = [{"arrives": 2}, {"rate_ha_per_day": 2}]
    outcome = play(world(sector=area(1) | {"opens": 2}, crew=crews), engine=engine)
    assert days(outcome) == [3]
    assert spent(outcome, "waiting_for_land", crew=1) == 3 * DAY


def test_arrival_before_choice_of_a_crew_that_finishes(engine: Engine) -> None:
    # c1 finishes parcel 0 as c0 arrives: c0 takes parcel 1 and takes twice as long
    crews = [{"arrives": 1, "rate_ha_per_day": 0.5}, {}]
    assert days(play(world(sector=area(2), crew=crews), engine=engine)) == [1, 3]


def test_waiting_longer_gives_no_precedence(engine: Engine) -> None:
    # c1 waits from day 1, c0 from day 2; the parcel that is found at day 3 is c0's
    crews = [{"rate_ha_per_day": 0.5}, {}]
    case = world(sector=area(2), crew=crews, growth={"share": 0.5, "found_until": 0})
    outcome = play(with_land(case, found_s=ints([3 * DAY])), engine=engine)
    assert days(outcome) == [2, 1, 5]


def test_arrival_at_completion_is_paid_and_one_after_it_is_not(engine: Engine) -> None:
    for arrives, mobilised in ((1, 1), (1 + 1 / DAY, 0)):
        crews = [{}, {"arrives": arrives, "cost_to_mobilise": 1}]
        outcome = play(world(sector=area(1), crew=crews), engine=engine)
        assert outcome.completion_s == DAY
        assert outcome.cost[1] == 100 * DAY * mobilised
        assert outcome.crew_present_s.tolist() == [DAY, 0]


def test_arrival_before_attack_but_not_yet_at_work(engine: Engine) -> None:
    # the attack was booked before the crew could take a parcel: not hit, it waits for its end
    case = world(sector=area(1), crew={"arrives": 1})
    case = hit_whenever(with_attacks(case, Attack(at_s=DAY, stop_s=HALF)))
    outcome = play(case, engine=engine)
    assert count(outcome, "casualties") == 0
    assert days(outcome) == [2.5]
    assert spent(outcome, "waiting_for_land") == HALF


def test_arrival_before_spent_fund_so_it_is_mobilised(engine: Engine) -> None:
    # c1 arrives at the second at which c0 has used up the fund: it is mobilised on credit and then
    # stopped; a second later it would be unpaid from the start
    for arrives, mobilised in ((2, 1), (2 + 1 / DAY, 0)):
        crews = [{"cost_per_day": 1}, {"arrives": arrives, "cost_to_mobilise": 1}]
        outcome = play(world(crew=crews, money=stop_money(2)), engine=engine)
        assert outcome.cost[1] == 100 * DAY * (2 + mobilised)
        assert spent(outcome, "unpaid", crew=0) == 998 * DAY
        assert spent(outcome, "unpaid", crew=1) == round((1000 - arrives) * DAY)


def test_all_arrivals_before_a_fund_is_spent_by_the_first(engine: Engine) -> None:
    # on day 0, two crews mobilise for 3 each out of a fund of 3: both cost, neither works
    crew = {"count": 2, "cost_to_mobilise": 3, "cost_per_day": 1}
    outcome = play(world(crew=crew, money=stop_money(3)), engine=engine)
    assert outcome.cost[1] == 6 * 100 * DAY
    assert days(outcome) == [None] * 10


def test_a_crew_that_would_leave_as_it_arrives_does_not_come(engine: Engine) -> None:
    crews = [{"arrives": 2, "leaves": 2, "cost_to_mobilise": 9}, {}]
    outcome = play(world(sector=area(4), crew=crews), engine=engine)
    assert outcome.crew_present_s.tolist() == [0, 4 * DAY]
    assert outcome.cost.sum() == 0


# Ends of stops and stand-downs


def test_end_of_a_stop_before_attack_so_the_crew_is_at_work(engine: Engine) -> None:
    # the second attack comes at the very end of the first one's stop, or a second before it
    for second, casualties in ((DAY, 2), (DAY - 1, 1)):
        attacks = [Attack(at_s=HALF, stop_s=HALF), Attack(at_s=second, stop_s=HALF)]
        outcome = play(hit_whenever(with_attacks(world(sector=area(1)), *attacks)), engine=engine)
        assert count(outcome, "casualties") == casualties
        assert outcome.completion_s == second + HALF + HALF


def test_end_of_a_recovery_before_attack_so_the_crew_is_at_work(engine: Engine) -> None:
    # hit at 0.5, recovered at 1.5: met again then, not a second before. The other crew is met by
    # both, and stopped for no time
    for second, casualties in ((DAY + HALF, 2), (DAY + HALF - 1, 1)):
        case = with_attacks(world(sector=area(1)), Attack(at_s=HALF), Attack(at_s=second))
        case = with_casualties(case, {0: [(1, DAY), (2, 0)]})
        outcome = play(case, engine=engine)
        assert count(outcome, "casualties") == casualties
        assert days(outcome) == [2]


def test_end_of_a_stand_down_before_choice(engine: Engine) -> None:
    # c0's stand-down ends as a parcel is found: c0 takes it, though c1 has waited for it
    crews = [{"rate_ha_per_day": 0.5}, {}]
    for found_s, taken_by_first in ((3 * DAY, True), (3 * DAY - 1, False)):
        case = world(sector=area(2), crew=crews, growth={"share": 0.5, "found_until": 0})
        case = with_accidents(case, {0: [(HALF, DAY, 1)]})
        outcome = play(with_land(case, found_s=ints([found_s])), engine=engine)
        assert spent(outcome, "stand_down", crew=0) == DAY
        assert outcome.completion_s == found_s + (2 if taken_by_first else 1) * DAY


def test_end_of_a_stand_down_before_departure(engine: Engine) -> None:
    # a crew fit again at the second at which it leaves takes nothing more
    case = world(sector=area(3), crew=[{"leaves": 2}, {"arrives": 5}])
    outcome = play(with_accidents(case, {0: [(HALF, DAY, 1)]}), engine=engine)
    assert days(outcome) == [1, 6, 7]
    assert outcome.crew_present_s.tolist() == [2 * DAY, 2 * DAY]


def test_an_accident_at_the_second_of_the_finish_is_had(engine: Engine) -> None:
    # the threshold is reached with the last second of the parcel, not passed
    for after, number in ((DAY, 1), (DAY + 1, 0)):
        case = with_accidents(world(sector=area(1)), {0: [(after, DAY, 1)]})
        outcome = play(case, engine=engine)
        assert (count(outcome, "accidents"), outcome.completion_s) == (number, DAY)


def test_a_day_begins_before_an_attack_at_its_first_second(engine: Engine) -> None:
    # at work means that the pace is above 0 at the instant: of the day that begins, not of the last
    for pace, casualties in (([1000, 0], 0), ([0, 1000], 1)):
        case = with_attacks(world(campaign={"parcel_ha": 10}), Attack(at_s=DAY))
        outcome = play(hit_whenever(with_pace(case, pace)), engine=engine)
        assert count(outcome, "casualties") == casualties


# Attacks


def test_attacks_on_one_sector_in_turn_so_the_second_meets_nobody(engine: Engine) -> None:
    for stop_s, casualties in ((HALF, 1), (0, 2)):
        attack = Attack(at_s=HALF, stop_s=stop_s)
        case = hit_whenever(with_attacks(world(sector=area(1)), attack, attack))
        outcome = play(case, engine=engine)
        assert (count(outcome, "attacks"), count(outcome, "casualties")) == (2, casualties)
        assert outcome.completion_s == DAY + stop_s


def test_hits_of_one_attack_queue_as_they_come_and_a_second_hit_is_void(engine: Engine) -> None:
    case = with_attacks(world(sector=area(3)), Attack(at_s=2 * DAY + HALF, hits=(1, 0, 1)))
    outcome = play(case, engine=engine)
    assert outcome.recontaminations.tolist() == [1, 1, 0]
    assert days(outcome) == [5, 4, 3]


def test_attack_before_restoration_is_chosen_so_it_comes_after(engine: Engine) -> None:
    # parcel 0 is released and handed on to restoration, and hit, all at one second: the restorer
    # never takes it up, and waits until it is cleared again
    case = world(sector=area(1), crew=[CLEARER, RESTORER], restoration=RESTORATION)
    outcome = play(with_attacks(case, Attack(at_s=DAY, hits=(0,))), engine=engine)
    assert outcome.completion_s == 2 * DAY
    assert outcome.restoration_s.tolist() == [3 * DAY]
    assert spent(outcome, "waiting_for_land", crew=1) == 2 * DAY


def test_attack_before_a_sector_is_handed_over_whole(engine: Engine) -> None:
    # with starts = "sector" the last release is undone at its own second: no restoration yet
    case = world(sector=area(2), crew=[CLEARER, RESTORER], restoration={"starts": "sector"})
    outcome = play(with_attacks(case, Attack(at_s=2 * DAY, hits=(1,))), engine=engine)
    assert (outcome.restoration_s / DAY).tolist() == [4, 5]
    # once handed over, a parcel that is cleared again goes to restoration by itself
    far = [area(2), area(1) | {"opens": 20}]
    case = world(sector=far, crew=[CLEARER, RESTORER], restoration={"starts": "sector"})
    outcome = play(with_attacks(case, Attack(at_s=2 * DAY + HALF, hits=(0, 1))), engine=engine)
    assert (outcome.restoration_s / DAY).tolist() == [4.5, 5.5, 22]


def test_finish_of_a_restoration_before_attack(engine: Engine) -> None:
    # restored at the second at which it is hit: it is cleared again, but stays restored
    sectors = [area(1), area(1) | {"opens": 9}]
    for at_s, restored in ((2 * DAY, 2), (2 * DAY - 1, 4 - 1 / DAY)):
        case = world(sector=sectors, crew=[CLEARER, RESTORER], restoration=RESTORATION)
        outcome = play(with_attacks(case, Attack(at_s=at_s, hits=(0,))), engine=engine)
        assert outcome.recontaminations.tolist() == [1, 0]
        assert outcome.restoration_s[0] == restored * DAY


def test_a_restorer_whose_parcel_is_hit_chooses_again_at_once(engine: Engine) -> None:
    # at 2.5 the restorer loses parcel 0, half done, and takes parcel 1 at the same second, in the
    # sector that was attacked; parcel 0 starts anew after it was cleared again
    case = world(sector=area(4), crew=[CLEARER, RESTORER | {"arrives": 2}], restoration=RESTORATION)
    outcome = play(with_attacks(case, Attack(at_s=2 * DAY + HALF, hits=(0,))), engine=engine)
    assert days(outcome) == [5, 2, 3, 4]
    assert (outcome.restoration_s / DAY).tolist() == [6.5, 3.5, 4.5, 5.5]
    assert spent(outcome, "waiting_for_land", crew=1) == 0


def test_attack_before_spent_fund_so_the_crew_is_still_at_work(engine: Engine) -> None:
    case = world(sector=area(3), crew={"cost_per_day": 1}, money=stop_money(1.5))
    outcome = play(hit_whenever(with_attacks(case, Attack(at_s=DAY + HALF))), engine=engine)
    assert count(outcome, "casualties") == 1
    outcome = play(hit_whenever(with_attacks(case, Attack(at_s=DAY + HALF + 1))), engine=engine)
    assert count(outcome, "casualties") == 0


def test_attack_before_departure_so_a_crew_with_a_parcel_is_hit(engine: Engine) -> None:
    # it would leave now, holds a parcel, is hit, recovers, delivers and goes
    case = world(sector=area(2), crew={"leaves": 1.5})
    case = with_casualties(
        with_attacks(case, Attack(at_s=DAY + HALF, stop_s=HALF)), {0: [(1, DAY)]}
    )
    outcome = play(case, engine=engine)
    assert days(outcome) == [1, 3.5]
    assert spent(outcome, "lost_casualty") == DAY + HALF


def test_attack_before_departure_so_a_restorer_without_its_parcel_goes(engine: Engine) -> None:
    crews = [CLEARER, RESTORER | {"leaves": 1.5}, RESTORER | {"arrives": 9}]
    case = world(sector=area(3), crew=crews, restoration=RESTORATION)
    outcome = play(with_attacks(case, Attack(at_s=DAY + HALF, hits=(0,))), engine=engine)
    assert outcome.crew_present_s[1] == DAY + HALF
    assert (outcome.restoration_s / DAY).tolist() == [12, 10, 11]


# Spent funds and departures


def test_spent_fund_before_choice_so_a_crew_takes_nothing_more(engine: Engine) -> None:
    # c0 finishes as its fund is spent; c1, of no fund's role, is not touched: parcel 1 stays in
    # the queue for nobody
    outcome = play(world(crew={"cost_per_day": 1}, money=stop_money(3)), engine=engine)
    assert days(outcome) == [1, 2, 3] + [None] * 7
    assert spent(outcome, "unpaid") == 997 * DAY
    assert spent(outcome, "worked") == 3 * DAY


def test_spent_fund_stops_its_own_roles_only(engine: Engine) -> None:
    # survey's fund is spent as parcel 1 is surveyed: clearance takes it up at that second
    crews = [SURVEYOR | {"cost_per_day": 1}, CLEARER]
    case = world(sector=area(3), crew=crews, survey={}, money=stop_money(2, "survey"))
    assert days(play(case, engine=engine)) == [2, 3, None]


def test_spent_fund_before_departure_so_the_leaver_is_paid_to_that_second(engine: Engine) -> None:
    crews = [{"cost_per_day": 1, "leaves": 2}, {"cost_per_day": 1}]
    outcome = play(world(crew=crews, money=stop_money(4)), engine=engine)
    assert outcome.cost[1] == 4 * 100 * DAY
    assert outcome.crew_present_s.tolist() == [2 * DAY, 1000 * DAY]
    assert spent(outcome, "unpaid", crew=0) == 0


def test_a_crew_past_its_leaving_goes_when_the_fund_takes_its_parcel(engine: Engine) -> None:
    # it was to leave at 0.5, stayed for its parcel, and is free at 0.75 for want of money
    crew = {"cost_per_day": 1, "leaves": 0.5}
    outcome = play(world(crew=crew, money=stop_money(0.75)), engine=engine)
    assert outcome.crew_present_s.tolist() == [0.75 * DAY]


def test_an_unpaid_crew_leaves_at_its_hour(engine: Engine) -> None:
    crew = {"cost_per_day": 1, "leaves": 5}
    outcome = play(world(crew=crew, money=stop_money(2)), engine=engine)
    assert outcome.crew_present_s.tolist() == [5 * DAY]
    assert spent(outcome, "unpaid") == 3 * DAY


def test_departure_before_choice_so_a_waiting_crew_goes_without(engine: Engine) -> None:
    # the sector opens as the only waiting crew leaves
    crews = [{"leaves": 2}, {"arrives": 3}]
    outcome = play(world(sector=area(1) | {"opens": 2}, crew=crews), engine=engine)
    assert days(outcome) == [4]
    assert outcome.crew_present_s.tolist() == [2 * DAY, DAY]


# Choice


def test_choice_after_all_finishes_so_room_goes_to_the_first_crew(engine: Engine) -> None:
    # one crew at a time: c0 arrives while c1 is in, and has the place as soon as c1 is done
    crews = [{"arrives": 0.5, "rate_ha_per_day": 0.5}, {}]
    outcome = play(world(sector=area(3) | {"max_crews": 1}, crew=crews), engine=engine)
    assert days(outcome) == [1, 3, 5]  # and keeps it, being first in crew order again and again


def test_choice_after_all_finishes_so_a_place_set_free_goes_to_the_first_crew(
    engine: Engine,
) -> None:
    # c0 is done in A at day 2, as c1 is in B, which comes first but has one place: c0 takes it
    crews = [{}, {"arrives": 1.5, "rate_ha_per_day": 2}]
    sectors = [
        area(8) | {"priority": 2},
        area(5) | {"priority": 1, "opens": 1.5, "max_crews": 1},
    ]
    released = days(play(world(sector=sectors, crew=crews), engine=engine))
    assert released[8:] == [2, 3, 4, 5, 6]


def test_a_place_set_free_goes_to_a_crew_that_waits_and_comes_first(engine: Engine) -> None:
    # c0 waits from day 1 on while c1 goes from parcel to parcel, and has the place at once
    crews = [{"arrives": 1.25, "rate_ha_per_day": 0.5}, {"rate_ha_per_day": 2}]
    outcome = play(world(sector=area(6) | {"max_crews": 1}, crew=crews), engine=engine)
    assert days(outcome) == [0.5, 1, 1.5, 3.5, 5.5, 7.5]


def test_an_accident_in_a_row_of_parcels_comes_at_its_hour(engine: Engine) -> None:
    case = with_accidents(world(sector=area(6)), {0: [(int(2.5 * DAY), 2 * DAY, 1)]})
    assert days(play(case, engine=engine)) == [1, 2, 3, 6, 7, 8]


def test_a_clearance_crew_takes_what_survey_hands_on_at_that_second(engine: Engine) -> None:
    # though it comes before the surveyor in crew order
    outcome = play(world(sector=area(2), crew=[CLEARER, SURVEYOR], survey={}), engine=engine)
    assert days(outcome) == [2, 3]


def test_balance_counts_crews_after_all_finishes_and_as_they_choose(engine: Engine) -> None:
    # at day 1, all four are free: they spread A, B, A, B whatever they held before
    case = world(campaign={"dispatch": "balanced"}, sector=[area(4), area(4)], crew={"count": 4})
    assert days(play(case, engine=engine)) == [1, 1, 2, 2] * 2
    # c2 finishes in B at day 1, when A holds c0 and c1: B is emptier and c2 stays there
    crews = [{"rate_ha_per_day": 0.25}, {"rate_ha_per_day": 0.25}, {}]
    case = world(campaign={"dispatch": "balanced"}, sector=[area(3), area(3)], crew=crews)
    # c0 A/0, c1 B/0, c2 A/1 (a tie); at 1 A has one, B one: A/2; at 2 B/1, B/2; all at 4
    assert days(play(case, engine=engine)) == [4, 1, 2, 4, 3, 4]


def test_settled_at_day_0_before_anybody_chooses(engine: Engine) -> None:
    # openings, arrivals, an attack and a departure at second 0
    case = world(sector=[area(1), area(1)], crew={"count": 2})
    case = hit_whenever(with_attacks(case, Attack(at_s=0, stop_s=HALF)))
    outcome = play(case, engine=engine)
    assert days(outcome) == [1.5, 1]
    assert count(outcome, "casualties") == 0


# The horizon


def at_horizon(engine: Engine, beyond_s: int = 0, **about: object) -> Outcome:
    """Play a campaign whose horizon is 2 days, or some seconds before them."""
    case = world(**about)
    return play(replace(case, horizon_s=2 * DAY - beyond_s), engine=engine)


def test_a_finish_at_the_horizon_counts(engine: Engine) -> None:
    assert at_horizon(engine, sector=area(2)).completion_s == 2 * DAY
    late = at_horizon(engine, 1, sector=area(2))
    assert (late.completion_s, days(late)) == (OPEN, [1, None])


def test_an_inspection_at_the_horizon_counts(engine: Engine) -> None:
    quality = {"inspected_share": 1, "inspection_days": 1}
    assert at_horizon(engine, sector=area(1), quality=quality).completion_s == 2 * DAY
    assert at_horizon(engine, 1, sector=area(1), quality=quality).completion_s == OPEN


def test_an_attack_at_the_horizon_counts(engine: Engine) -> None:
    case = with_attacks(world(sector=area(3)), Attack(at_s=2 * DAY, hits=(0,)))
    for beyond_s, number in ((0, 1), (1, 0)):
        outcome = play(replace(case, horizon_s=2 * DAY - beyond_s), engine=engine)
        assert (count(outcome, "attacks"), outcome.recontaminations[0]) == (number, number)
    case = with_attacks(world(sector=area(2)), Attack(at_s=2 * DAY, hits=(0,)))
    assert play(replace(case, horizon_s=2 * DAY), engine=engine).completion_s == OPEN


def test_an_arrival_at_the_horizon_counts(engine: Engine) -> None:
    crews = [{}, {"arrives": 2, "cost_to_mobilise": 1}]
    assert at_horizon(engine, crew=crews).cost[1] == 100 * DAY
    assert at_horizon(engine, 1, crew=crews).cost[1] == 0


def test_land_found_at_the_horizon_counts(engine: Engine) -> None:
    case = world(sector=area(2), growth={"share": 0.5, "found_until": 0})
    for found_s, area_m2 in ((2 * DAY, 10_000), (2 * DAY + 1, 0)):
        bent = replace(with_land(case, found_s=ints([found_s])), horizon_s=2 * DAY)
        outcome = play(bent, engine=engine)
        assert count(outcome, "found_m2") == area_m2
        assert outcome.completion_s == OPEN  # land is still to be found, or was just found


def test_a_restoration_at_the_horizon_counts(engine: Engine) -> None:
    crews = [CLEARER, RESTORER]
    outcome = at_horizon(engine, sector=area(1), crew=crews, restoration=RESTORATION)
    assert (outcome.completion_s, outcome.restored_s) == (DAY, 2 * DAY)
    outcome = at_horizon(engine, 1, sector=area(1), crew=crews, restoration=RESTORATION)
    assert (outcome.completion_s, outcome.restored_s) == (DAY, OPEN)


@pytest.mark.parametrize("crews", [1, 3])
def test_time_present_ends_at_the_horizon(engine: Engine, crews: int) -> None:
    outcome = at_horizon(engine, 7, sector=area(50), crew={"count": crews})
    assert outcome.crew_present_s.tolist() == [2 * DAY - 7] * crews
    assert np.array_equal(outcome.crew_time.sum(1), 1000 * outcome.crew_present_s)
