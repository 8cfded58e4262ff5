"""``python -m seatrial.load.locust``: Locust's own command line, with our listeners in it."""

from __future__ import annotations

from typing import Any

import locust.main  # noqa: TID253  # first of all: what it patches must not be in use yet


def main() -> None:
    """Run Locust as `seatrial.load.locust.launch` asked for it."""
    from seatrial.load.locust.bridge import listen

    listen(locust.events)
    run: Any = locust.main.main
    run()


if __name__ == "__main__":
    main()
