"""The pytest plugin. The only room that imports pytest; light, because it is loaded into every session.

For tests: `inconclusive` and `not_applicable` end a test with the outcome of that name.
"""

from seatrial.pytest.outcomes import inconclusive as inconclusive
from seatrial.pytest.outcomes import not_applicable as not_applicable

__all__ = ["inconclusive", "not_applicable"]
