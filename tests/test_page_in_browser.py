"""A report in a real browser, without a network: Debian's `chromium-headless-shell`."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import tomli_w
from build import law, tree

from sim.cli import cli

sync_api = pytest.importorskip("playwright.sync_api")
BROWSER = shutil.which("chromium-headless-shell")
AXE = Path(__file__).parent / "axe" / "axe.min.js"
pytestmark = pytest.mark.skipif(
    BROWSER is None, reason="no browser: apt-get install chromium-headless-shell"
)
PHONE, A4 = 400, 688  # pixels: a phone, and A4 between its margins
NAME = "a long name without any place to break it " + "x" * 50


@pytest.fixture(scope="module")
def page_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of a small run, with its explanation."""
    place = tmp_path_factory.mktemp("browser")
    crew = {"cost_per_day": 1000.0, "operator": NAME}
    scenario = tree(
        campaign={"title": "<script>document.title = 'run'</script>", "horizon_days": 60.0},
        sector=[{"name": NAME, "region": "North"}, {"area_ha": 9.0}, {"area_ha": 11.0}],
        crew=[crew, crew | {"operator": "theirs"}],
        factors={"rate": law("lognormal", mean=1.0, cv=0.5)},
        weather={"lost_day_probability": 0.2},
        deadline=[{"name": f"{NAME}!", "date": tree()["campaign"]["start"]}],
        money={"fund": [{"name": NAME, "roles": ["clearance"], "amount": 15e3}]},
    )
    file = place / "small.toml"
    file.write_text(tomli_w.dumps(scenario), encoding="utf-8")
    few = [str(file), "--quiet", "--jobs", "1", "--replications"]
    cli.main(["run", *few, "24", "--out", str(place / "small")], standalone_mode=False)
    cli.main(["explain", *few, "4", "--out", str(place / "why")], standalone_mode=False)
    folders = [str(place / "small"), str(place / "why")]
    cli.main(["report", *folders, "--quiet"], standalone_mode=False)
    return place / "small-report.html"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Any, page_file: Path) -> Iterator[Any]:
    """The report, opened from disk; what it asks for and complains about is an error."""
    context = browser.new_context(offline=True)
    page = context.new_page()
    said: list[str] = []
    page.on("console", lambda message: said.append(f"console: {message.text}"))
    page.on("pageerror", lambda error: said.append(f"error: {error}"))
    page.on("request", lambda request: said.append(request.url))
    page.goto(page_file.as_uri())
    yield page
    assert said == [page_file.as_uri()]
    context.close()


def wide(page: Any) -> list[str]:
    """Return what reaches beyond the width of the page, but for what scrolls by itself."""
    found: list[str] = page.evaluate(
        """() => Array.from(document.querySelectorAll("body *")).filter(each =>
            each.getBoundingClientRect().right > document.documentElement.clientWidth + 1
            && !(each.closest(".table, .picture") && matchMedia("screen").matches)
            && !each.closest("svg")
        ).map(each => each.tagName + " " + each.textContent.slice(0, 60))"""
    )
    width = page.evaluate("document.documentElement.scrollWidth")
    return [*found, *(["page"] if width > page.viewport_size["width"] else [])]


def test_it_opens_from_disk_and_runs_nothing_of_the_scenarios(page: Any) -> None:
    assert page.title() == "<script>document.title = 'run'</script>"
    assert page.locator("h1").inner_text() == "<script>document.title = 'run'</script>"
    assert page.locator("svg[role=img]").count() >= 7
    assert page.locator("svg[role=img] > title").count() == page.locator("svg[role=img]").count()
    assert page.locator("svg[role=img] > desc").count() == page.locator("svg[role=img]").count()


def test_tables_are_sorted_by_value(page: Any) -> None:
    table = page.locator("table", has=page.locator("caption", has_text="Sectors")).last
    head = table.locator("thead th").nth(1)
    areas = "rows => rows.map(row => Number(row.cells[1].dataset.value ?? row.cells[1].innerText))"
    for order, up in (("ascending", True), ("descending", False)):
        head.locator("button").click()
        found = table.locator("tbody tr").evaluate_all(areas)
        assert found == sorted(found, reverse=not up)
        assert head.get_attribute("aria-sort") == order
    assert len(set(found)) > 1


def test_nothing_overflows_on_a_phone_and_on_paper(page: Any) -> None:
    page.set_viewport_size({"width": PHONE, "height": 800})
    assert wide(page) == []
    page.set_viewport_size({"width": A4, "height": 1000})
    page.emulate_media(media="print")
    assert wide(page) == []


def test_of_the_numbers_of_pictures_the_short_ones_are_printed(page: Any) -> None:
    page.emulate_media(media="print")
    # a browser shows what is printed a moment later: until then they are not alike
    page.wait_for_function(
        """() => {
            const seen = Array.from(document.querySelectorAll("figure + details")).map(each =>
                [each.querySelectorAll("tbody tr").length <= 20,
                 each.querySelector("table").checkVisibility({contentVisibilityAuto: true})]);
            return seen.every(([short, shown]) => short === shown)
                && new Set(seen.map(String)).size === 2;
        }""",
        timeout=10_000,
    )


@pytest.mark.parametrize("width", [PHONE, A4, 1000])
def test_no_head_breaks_inside_a_word(page: Any, width: int) -> None:
    page.set_viewport_size({"width": width, "height": 800})
    if width == A4:
        page.emulate_media(media="print")
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    broken = page.evaluate(
        """() => Array.from(document.querySelectorAll("th:not(.long) button")).flatMap(head => {
            const text = head.firstChild;
            return Array.from(text.data.matchAll(/[^\\s-]+/g)).filter(word => {
                const range = document.createRange();
                range.setStart(text, word.index);
                range.setEnd(text, word.index + word[0].length);
                return range.getClientRects().length > 1;
            }).map(word => word[0]);
        })"""
    )
    assert broken == []


def test_what_belongs_together_is_on_one_sheet_of_paper(page: Any) -> None:
    page.emulate_media(media="print")
    breaks = "each => [getComputedStyle(each).breakInside, getComputedStyle(each).breakAfter]"
    for what in ("figure", "tr", "section > p"):
        assert page.locator(what).first.evaluate(breaks)[0] == "avoid"
    for what in ("h2", "caption", "p:has(+ figure)"):
        assert page.locator(what).first.evaluate(breaks)[1] == "avoid"
    before = "each => getComputedStyle(each).breakBefore"
    assert page.locator(".remark").first.evaluate(before) == "avoid"


def test_a_picture_wider_than_a_phone_says_that_it_scrolls(page: Any) -> None:
    says = "each => getComputedStyle(each, '::before').content.includes('scroll')"
    for width, scrolls in ((PHONE, True), (1000, False)):
        page.set_viewport_size({"width": width, "height": 800})
        picture = page.locator(".picture").first
        assert picture.evaluate(says) == scrolls
        assert picture.evaluate("each => each.scrollWidth > each.clientWidth") == scrolls


def test_it_prints_to_a4(page: Any) -> None:
    data = page.pdf(prefer_css_page_size=True)
    assert data.startswith(b"%PDF")
    pages = data.count(b"/Type /Page\n") + data.count(b"/Type /Page ")
    assert 3 <= pages <= 20
    assert data.count(b"/MediaBox [0 0 594.95996 841.91998]") == pages


def test_axe_finds_nothing_serious(page: Any) -> None:
    page.evaluate(AXE.read_text(encoding="utf-8"))
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    result = page.evaluate("axe.run()")
    serious = [
        (each["id"], [node["target"] for node in each["nodes"][:3]])
        for each in result["violations"]
        if each["impact"] in ("serious", "critical")
    ]
    assert serious == []
    assert result["passes"]
