"""The report in a real browser: hostile content does nothing, and it can be read in any light and width."""

from __future__ import annotations

import json
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seatrial.reporting.model import Report
from seatrial.reporting.write import write_all
from tests.reporting import load_scenes

pytestmark = pytest.mark.browser

SWITCHES = (
    "--headless=new",
    "--no-sandbox",
    "--disable-gpu",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
)
# Contrast by WCAG 2.2, over the first background that is not transparent.
CONTRAST = """
function parse(c) { const m = c.match(/[\\d.]+/g).map(Number);
  return m.length > 3 ? m : [...m, 1]; }
function lum(c) { const f = v => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4;
  return .2126 * f(c[0]) + .7152 * f(c[1]) + .0722 * f(c[2]); }
function ground(el) { for (; el; el = el.parentElement) {
  const c = parse(getComputedStyle(el).backgroundColor); if (c[3] > 0) return c; }
  return [255, 255, 255, 1]; }
const found = {};
for (const el of document.querySelectorAll('body *')) {
  const own = [...el.childNodes].some(n => n.nodeType === 3 && n.textContent.trim());
  if (!own || !el.getClientRects().length) continue;
  const style = getComputedStyle(el), svg = el.namespaceURI.endsWith('svg');
  const a = lum(parse(svg ? style.fill : style.color)), b = lum(ground(el));
  const ratio = (Math.max(a, b) + .05) / (Math.min(a, b) + .05);
  const key = el.tagName + '.' + (el.getAttribute('class') || '');
  found[key] = Math.min(found[key] ?? 99, ratio);
}
return found;
"""


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    webdriver = pytest.importorskip("selenium.webdriver")
    from selenium.webdriver.chrome.service import Service

    options = webdriver.ChromeOptions()
    options.binary_location = str(shutil.which("chromium"))
    for switch in (*SWITCHES, f"--user-data-dir={tmp_path_factory.mktemp('profile')}"):
        options.add_argument(switch)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    driver = webdriver.Chrome(options=options, service=Service(shutil.which("chromedriver")))
    try:
        driver.get("about:blank")
        yield driver
    finally:
        driver.quit()


@pytest.fixture(scope="module")
def pages(
    tmp_path_factory: pytest.TempPathFactory, poisoned: Report, healthy: Report, killed: Report
) -> dict[str, str]:
    made = {}
    load = {
        "search": load_scenes.report(load_scenes.healthy()),
        "load": load_scenes.report(load_scenes.loaded()),
    }
    shown = {"poisoned": poisoned, "healthy": healthy, "killed": killed} | load
    for name, report in shown.items():
        html, *_ = write_all(report, tmp_path_factory.mktemp(name))
        made[name] = html.as_uri()
    return made


def show(browser: Any, url: str, *, theme: str = "light", width: int = 1280) -> None:
    """Open a page in a theme and a width; forget what was logged before."""
    browser.get_log("browser")
    browser.get_log("performance")
    features = [{"name": "prefers-color-scheme", "value": theme}]
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})
    metrics = {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": False}
    browser.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
    browser.get(url)


def requests(browser: Any) -> list[str]:
    """Addresses that the page asked for, its own file aside."""
    messages = [json.loads(entry["message"])["message"] for entry in browser.get_log("performance")]
    sent = [m["params"] for m in messages if m["method"] == "Network.requestWillBeSent"]
    # The browser's own start page may still be loading its parts.
    urls = [told["request"]["url"] for told in sent if told["documentURL"].startswith("file:")]
    return [url for url in urls if not url.endswith("/report.html") and not url.startswith("data:,")]


def console(browser: Any) -> list[str]:
    """What the page wrote to the console."""
    return [entry["message"] for entry in browser.get_log("browser") if "chrome://" not in entry["message"]]


def test_hostile_content_does_nothing(browser: Any, pages: dict[str, str]) -> None:
    from selenium.common.exceptions import NoAlertPresentException

    show(browser, pages["poisoned"])
    browser.execute_script(
        "document.querySelectorAll('details').forEach(d => d.open = true); scrollTo(0, 1e6)"
    )
    with pytest.raises(NoAlertPresentException):
        browser.switch_to.alert  # noqa: B018 - reading it is the question
    assert browser.execute_script("return window.__pwned === undefined")
    assert (
        browser.execute_script("return document.scripts.length + document.images.length + frames.length") == 0
    )
    assert browser.execute_script("return document.styleSheets.length") == 1
    assert browser.current_url == pages["poisoned"]
    assert requests(browser) == []
    assert console(browser) == []
    assert browser.execute_script("return document.body.innerText").count("window.__pwned=1") > 5


def test_the_watch_itself_sees_harm(browser: Any, tmp_path: Path) -> None:
    page = tmp_path / "bad.html"
    page.write_text("<link rel=icon href=data:,><script>window.__pwned=1</script><img src=missing.png>")
    show(browser, page.as_uri())
    assert browser.execute_script("return window.__pwned") == 1
    assert any(url.endswith("missing.png") for url in requests(browser))
    assert console(browser) != []


def test_no_script_could_run_even_if_one_got_in(browser: Any, pages: dict[str, str], tmp_path: Path) -> None:
    text = Path(pages["healthy"].removeprefix("file://")).read_text("utf-8")
    page = tmp_path / "report.html"
    page.write_text(
        text.replace("</main>", "<script>window.__pwned=1</script><img src=//127.0.0.1/x></main>")
    )
    show(browser, page.as_uri())
    assert browser.execute_script("return window.__pwned === undefined")
    assert "Content Security Policy" in " ".join(console(browser))


@pytest.mark.parametrize("name", ["poisoned", "healthy", "killed"])
@pytest.mark.parametrize("width", [360, 820, 1280])
def test_no_sideways_scrolling(browser: Any, pages: dict[str, str], name: str, width: int) -> None:
    show(browser, pages[name], width=width)
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = true)")
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    for section in ("objectives", "traffic-steady", "checks", "identity", "environment"):
        height = f"return document.getElementById('{section}').getBoundingClientRect().height"
        assert browser.execute_script(height) > 40, section


@pytest.mark.parametrize(
    ("name", "sections"),
    [("search", ["capacity-open", "checks"]), ("load", ["soak", "audits", "traffic-open"])],
)
@pytest.mark.parametrize("width", [360, 820, 1280])
def test_load_fits_any_width(
    browser: Any, pages: dict[str, str], name: str, sections: list[str], width: int
) -> None:
    show(browser, pages[name], width=width)
    assert browser.execute_script("return document.documentElement.scrollWidth") <= width
    for section in sections:
        height = f"return document.getElementById('{section}').getBoundingClientRect().height"
        assert browser.execute_script(height) > 40, section


@pytest.mark.parametrize("name", ["poisoned", "healthy", "killed", "search", "load"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_contrast(browser: Any, pages: dict[str, str], name: str, theme: str) -> None:
    show(browser, pages[name], theme=theme)
    ratios = browser.execute_script(CONTRAST)
    assert len(ratios) > 15
    assert {key: round(ratio, 2) for key, ratio in ratios.items() if ratio < 4.5} == {}


def test_the_themes_differ(browser: Any, pages: dict[str, str]) -> None:
    grounds = []
    for theme in ("light", "dark"):
        show(browser, pages["healthy"], theme=theme)
        grounds.append(browser.execute_script("return getComputedStyle(document.body).backgroundColor"))
    assert grounds[0] != grounds[1]


def test_one_click_from_the_failure_to_its_exchange(browser: Any, pages: dict[str, str]) -> None:
    show(browser, pages["poisoned"])
    link = browser.find_element("css selector", ".findings a")
    anchor = link.get_attribute("href").rpartition("#")[2]
    browser.execute_script("document.querySelectorAll('details').forEach(d => d.open = false)")
    link.click()
    assert browser.execute_script("return document.querySelector(':target').id") == anchor
    assert browser.execute_script("return document.querySelector(':target').closest('details').open")


def test_the_skip_link_is_the_first_stop_of_the_keyboard(browser: Any, pages: dict[str, str]) -> None:
    from selenium.webdriver.common.keys import Keys

    show(browser, pages["healthy"])
    browser.switch_to.active_element.send_keys(Keys.TAB)
    assert browser.switch_to.active_element.get_attribute("href").endswith("#objectives")
    assert browser.switch_to.active_element.rect["x"] >= 0


def test_on_paper_nothing_is_cut_off_and_the_ground_is_white(browser: Any, pages: dict[str, str]) -> None:
    show(browser, pages["healthy"], theme="dark")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print", "features": []})
    ground = browser.execute_script("return getComputedStyle(document.body).backgroundColor")
    browser.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "", "features": []})
    assert ground == "rgb(255, 255, 255)"
