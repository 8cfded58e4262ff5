"""What a request asks, as one number: which prompt of the set, and on behalf of which tenant."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]


class Asked(NamedTuple):
    """The numbers of a set of prompts; without tenants a prompt's number is its own.

    Attributes:
        prompts: how many there are.
    """

    prompts: int

    def code(self, prompt: int, tenant: int = 0) -> int:
        """The number for a prompt and a tenant; a *prompt* below 0 is none of the set."""
        return tenant * (self.prompts + 1) + (prompt if prompt >= 0 else self.prompts)

    def parts(self, code: int) -> tuple[int, int]:
        """Prompt and tenant of a number; -1 is none of the set."""
        tenant, prompt = divmod(code, self.prompts + 1)
        return (prompt if prompt < self.prompts else -1), tenant

    def columns(self, codes: NDArray[np.integer]) -> tuple[Numbers, Numbers]:
        """Prompts and tenants of many numbers."""
        tenants, prompts = np.divmod(codes.astype(np.int64), self.prompts + 1)
        return np.where(prompts < self.prompts, prompts, -1), tenants
