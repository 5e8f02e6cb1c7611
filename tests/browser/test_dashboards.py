"""Dashboards: composed of tiles, saved, shared, hung on a wall."""

import re

import pytest
from playwright.async_api import Browser, Locator, Page, expect

from tests.browser.accessible import faults_of
from tests.browser.company import Company
from tests.browser.modules import answers_of

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")


def made(company: Company) -> str:
    """Create a dashboard with a tile of each kind; return its id."""
    root = company.id_of("root")
    made = company.cairn.post(
        "/v1/dashboards",
        {
            "id": company.id_of("board"),
            "name": company.title_of("board"),
            "sections": [
                {
                    "title": "First",
                    "tiles": [
                        {"kind": "goal", "width": 4, "goal_id": root},
                        {"kind": "waterfall", "width": 8, "goal_id": root},
                        {"kind": "text", "width": 4, "text": "By hand"},
                    ],
                },
                {
                    "title": "Second",
                    "tiles": [
                        {"kind": "attention"},
                        {"kind": "attainment", "by": "metric", "show": "chart"},
                        {"kind": "attainment", "by": "metric", "show": "table"},
                        {"kind": "goal", "goal_id": company.id_of("nobody")},
                    ],
                },
            ],
        },
    )
    return str(made["id"])


async def test_a_dashboard_is_composed_and_saved(page: Page, company: Company) -> None:
    """Named, filled and arranged by keyboard; after a reload it is as it was saved."""
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/dashboards")
    await page.get_by_label("New dashboard").fill(company.title_of("mine"))
    await page.keyboard.press("Enter")
    await page.get_by_role("button", name="+ Text").press("Enter")
    await page.locator(".tile-fields textarea").fill("Call them")
    await page.get_by_role("button", name="+ Goal").press("Enter")
    await page.locator(".tile.goal .tile-fields select").select_option(
        company.id_of("right")
    )
    await page.get_by_role("button", name="Goal: wider").press("Enter")
    left = page.get_by_role("button", name="Goal: move left")
    await left.press("Enter")
    await expect(page.locator(".tile.goal :focus")).to_have_count(1)
    assert await faults_of(page) == []

    await page.get_by_role("button", name="Save").press("Enter")
    await expect(page.get_by_role("button", name="Edit")).to_be_visible()
    await page.reload()

    tiles = page.locator(".tile")
    await expect(tiles).to_have_count(2)
    await expect(tiles.first).to_contain_text(company.title_of("right"))
    await expect(tiles.last).to_have_text("Call them")
    await expect(tiles.first).to_have_css("grid-column-start", "span 5")


async def test_tiles_live(page: Page, company: Company) -> None:
    """A record moves the card; what one may not see is said in its place."""
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/dashboards/{made(company)}")
    value = page.locator(".tile.goal .value").first
    await expect(value).to_have_text("0")

    company.win("42")

    await expect(value).to_have_text("42")
    await expect(page.get_by_text("This goal is not there")).to_be_visible()
    await expect(page.locator(".tile .bars li").first).to_be_visible()
    await expect(page.locator(".tile .report tbody td").first).to_be_visible()
    assert await faults_of(page) == []


async def test_a_burn_up_lives_in_a_tile(page: Page, company: Company) -> None:
    """Chosen by its goal, as a chart and as a table; two of them get on."""
    board = company.cairn.post(
        "/v1/dashboards",
        {
            "name": company.title_of("burn"),
            "sections": [{"tiles": [_burn_up(company, "right")]}],
        },
    )
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/dashboards/{board['id']}?edit=1")
    await page.get_by_role("button", name="+ Burn-up").press("Enter")
    await page.locator(".tile-fields select").last.select_option(company.id_of("right"))
    await page.get_by_role("button", name="Save").press("Enter")
    tiles = page.locator(".tile.burn_up")
    await expect(tiles.locator("svg.chart")).to_have_count(2)

    company.win("77")

    for place in (0, 1):
        tile = tiles.nth(place)
        point = tile.get_by_role("listitem").last
        await expect(point).to_have_accessible_name(
            re.compile(r": 77\.\d+ EUR, 12.8 percent")
        )
        await expect(tile.locator("h2")).to_have_text(company.title_of("right"))
    await tiles.first.get_by_role("button", name="Show as table").click()
    cell = tiles.first.locator("tbody td").nth(1)
    await expect(cell).to_have_text("77")
    await expect(tiles.last.locator("svg.chart")).to_be_visible()
    assert await faults_of(page) == []


def _burn_up(company: Company, name: str) -> dict[str, object]:
    return {"kind": "burn_up", "width": 6, "goal_id": company.id_of(name)}


async def test_a_tile_is_dragged(page: Page, company: Company) -> None:
    """A mark shows where it would go; nothing moves before, and Escape leaves it."""
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/dashboards/{made(company)}?edit=1")
    first = page.locator(".tile-section").first
    kinds = first.locator(".tile .kind")
    await expect(kinds).to_have_text(["Goal", "What moved a goal", "Text"])
    await expect(page.get_by_text("Being worked out")).to_have_count(0)
    text, goal = first.locator(".tile.text"), first.locator(".tile.goal")

    await _hold(page, text.locator(".grip"))
    await page.mouse.move(*await _place(goal, across=0.2))
    await expect(goal).to_have_attribute("data-drop", "before")
    await expect(text).to_have_attribute("data-held", "")
    await expect(kinds).to_have_text(["Goal", "What moved a goal", "Text"])
    await page.keyboard.press("Escape")
    await page.mouse.up()
    await expect(page.locator("[data-drop], [data-held]")).to_have_count(0)
    await expect(kinds).to_have_text(["Goal", "What moved a goal", "Text"])

    await _hold(page, text.locator(".grip"))
    await page.mouse.move(*await _place(goal, across=0.2))
    await page.mouse.up()
    await expect(kinds).to_have_text(["Text", "Goal", "What moved a goal"])
    await expect(page.locator("#announcements")).to_have_text(
        "Text: now 1 of 3 in section 1"
    )
    assert await faults_of(page) == []


async def test_a_finger_drags_a_tile_into_an_empty_section(
    browser: Browser, company: Company
) -> None:
    """Where tiles stand one below the other; the page does not scroll meanwhile."""
    context = await browser.new_context(
        viewport={"width": 390, "height": 1400}, has_touch=True, locale="en-GB"
    )
    page = await context.new_page()
    tile = {"kind": "text", "text": "By hand"}
    board = company.cairn.post(
        "/v1/dashboards",
        {
            "name": company.title_of("touched"),
            "sections": [{"tiles": [tile]}, {"tiles": []}],
        },
    )
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/dashboards/{board['id']}?edit=1")
    grip = page.locator(".tile.text .grip")
    await expect(grip).to_be_visible()
    room = page.locator(".tiles").last
    fingers = await context.new_cdp_session(page)

    async def touch(kind: str, *places: tuple[float, float]) -> None:
        points = [{"x": x, "y": y} for x, y in places]
        await fingers.send(
            "Input.dispatchTouchEvent", {"type": kind, "touchPoints": points}
        )

    await touch("touchStart", await _place(grip))
    await touch("touchMove", await _place(room))
    await expect(room).to_have_attribute("data-drop", "before")
    await touch("touchEnd")

    await expect(room.locator(".tile.text")).to_have_count(1)
    await context.close()


async def _hold(page: Page, grip: Locator) -> None:
    await page.mouse.move(*await _place(grip))
    await page.mouse.down()


async def _place(found: Locator, *, across: float = 0.5) -> tuple[float, float]:
    box = await found.bounding_box()
    assert box is not None
    return box["x"] + box["width"] * across, box["y"] + box["height"] / 2


async def test_a_wallboard_shows_one_section_after_the_other(
    browser: Browser, company: Company
) -> None:
    """Alone and large, turned by keys; with less motion it stands still by itself."""
    context = await browser.new_context(
        color_scheme="dark", reduced_motion="reduce", locale="en-GB"
    )
    page = await context.new_page()
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/dashboards/{made(company)}?wall=1")

    heading = page.get_by_role("heading", level=1)
    await expect(heading).to_contain_text("· First")
    await expect(page.get_by_text("held, arrow keys turn")).to_be_visible()
    card = page.locator(".tile.goal").first
    await expect(card.get_by_role("link")).to_have_text(company.title_of("root"))
    await expect(page.get_by_role("navigation")).to_be_hidden()
    await page.keyboard.press("ArrowRight")
    await expect(heading).to_contain_text("· Second")
    assert await faults_of(page) == []
    await page.keyboard.press("Escape")
    await expect(page.get_by_role("navigation")).to_be_visible()
    await expect(page).to_have_url(re.compile(r"/dashboards/[\w-]+$"))
    await context.close()


async def test_a_wallboard_is_held_turned_and_ended_by_a_pointer(
    page: Page, company: Company
) -> None:
    """As by keys: a screen on a wall may have a mouse or a finger only."""
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/dashboards/{made(company)}?wall=1")
    heading = page.get_by_role("heading", level=1)
    await expect(heading).to_contain_text("· ")
    hold = page.get_by_role("button", name="Hold")

    await expect(hold).to_have_attribute("aria-pressed", "false")
    await hold.click()
    await expect(hold).to_have_attribute("aria-pressed", "true")
    await expect(page.get_by_text("held, arrow keys turn")).to_be_visible()
    # On a busy machine it may have turned before it was held.
    shown = await heading.inner_text()
    await page.get_by_role("button", name="The next section").click()
    await expect(heading).not_to_have_text(shown)
    await page.get_by_role("button", name="The section before").click()
    await expect(heading).to_have_text(shown)
    assert await faults_of(page) == []
    await page.get_by_role("button", name="End the wallboard").click()
    await expect(page.get_by_role("navigation").first).to_be_visible()


async def test_a_wallboard_turns_by_itself(page: Page, company: Company) -> None:
    """Every twenty seconds, around and around; Space holds it, a key has its turn."""
    turn, part = 20_000, 12_000
    await page.clock.install()
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/dashboards/{made(company)}?wall=1")
    heading = page.get_by_role("heading", level=1)
    await expect(heading).to_contain_text("· ")
    await page.keyboard.press(" ")
    await expect(page.get_by_text("held, arrow keys turn")).to_be_visible()
    while "· Second" in await heading.inner_text():
        await page.keyboard.press("ArrowRight")
    await page.clock.pause_at(await page.evaluate("Date.now() + 1000"))
    await page.clock.run_for(3 * turn)
    await expect(heading).to_contain_text("· First")

    await page.keyboard.press(" ")
    await page.clock.run_for(part)
    await expect(heading).to_contain_text("· First")
    await page.clock.run_for(turn - part)
    await expect(heading).to_contain_text("· Second")
    await page.clock.run_for(turn)
    await expect(heading).to_contain_text("· First")

    # Whoever turns it by hand has the whole time to look.
    await page.clock.run_for(part)
    await page.keyboard.press("ArrowLeft")
    await page.clock.run_for(part)
    await expect(heading).to_contain_text("· Second")
    await page.clock.run_for(turn - part)
    await expect(heading).to_contain_text("· First")
    await page.keyboard.press("Escape")
    await page.clock.run_for(2 * turn)
    await expect(page.get_by_role("navigation").first).to_be_visible()
    await expect(heading).to_have_text(company.title_of("board"))


async def test_what_somebody_else_changed_is_not_written_over(
    page: Page, company: Company
) -> None:
    """The refusal is shown in its own words, and what was typed stays."""
    board = made(company)
    await page.goto(company.cairn.page_link())
    await page.goto(f"{company.cairn.goals}/dashboards/{board}?edit=1")
    name = page.get_by_label("Name", exact=True)
    await name.fill("Mine")
    company.cairn.patch(f"/v1/dashboards/{board}", {"name": "Theirs"})

    await page.get_by_role("button", name="Save").click()

    await expect(page.get_by_role("alert")).to_contain_text("If-Match does not name")
    await expect(name).to_have_value("Mine")
    await page.goto(f"{company.cairn.goals}/dashboards/nothing")
    await expect(page.get_by_text("There is no such dashboard")).to_be_visible()


async def test_tiles_keep_within_the_grid(page: Page) -> None:
    """No tile is wider than the grid, and none is moved out of it."""
    sections = "[{tiles: [{kind: 'a', width: 12}, {kind: 'b', width: 1}]}, {tiles: []}]"
    first, second = "{section: 0, tile: 0}", "{section: 0, tile: 1}"
    down = f"it.placeOf({sections}, {second}, 'down')"
    right = f"it.placeOf({sections}, {first}, 'right')"
    kinds = ".map((one) => one.tiles.map((tile) => tile.kind).join())"

    found = await answers_of(
        page,
        "dashboards/layout.js",
        [
            f"resized({sections}, {first}, 1)[0].tiles[0].width",
            f"resized({sections}, {second}, -1)[0].tiles[1].width",
            f"placeOf({sections}, {first}, 'left')",
            f"placeOf({sections}, {first}, 'up')",
            f"moved({sections}, {second}, {down}){kinds}",
            f"moved({sections}, {first}, {right}){kinds}",
        ],
    )

    assert found == [12, 1, None, None, ["a", "b"], ["b,a", ""]]


async def test_a_tile_is_dropped_where_the_mark_is(page: Page) -> None:
    """Before a tile or behind it; its own place is no place to go to."""

    def over(section: int, tile: int | None, side: str) -> str:
        place = "null" if tile is None else tile
        spot = f"{{section: {section}, tile: {place}, side: '{side}'}}"
        return f"droppedAt({{section: 0, tile: 1}}, {spot})"

    found = await answers_of(
        page,
        "dashboards/layout.js",
        [
            over(0, 0, "before"),
            over(0, 0, "after"),
            over(0, 1, "above"),
            over(0, 2, "before"),
            over(0, 3, "below"),
            over(1, 0, "after"),
            over(1, None, "before"),
        ],
    )

    assert found == [
        {"section": 0, "tile": 0},
        None,
        None,
        None,
        {"section": 0, "tile": 3},
        {"section": 1, "tile": 1},
        {"section": 1, "tile": 0},
    ]
