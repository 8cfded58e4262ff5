from __future__ import annotations

import numpy as np
import pytest

from seatrial.load.asked import Asked


def test_without_tenants_a_prompt_s_number_is_its_own() -> None:
    assert [Asked(7).code(prompt) for prompt in range(7)] == list(range(7))


@pytest.mark.parametrize("prompts", [0, 1, 64])
def test_prompt_and_tenant_come_back(prompts: int) -> None:
    asked = Asked(prompts)
    pairs = [(prompt, tenant) for tenant in range(3) for prompt in range(-1, prompts)]
    codes = [asked.code(prompt, tenant) for prompt, tenant in pairs]
    assert len(set(codes)) == len(pairs)
    assert [asked.parts(code) for code in codes] == pairs
    found, who = asked.columns(np.asarray(codes, np.uint64))
    assert list(zip(found.tolist(), who.tolist(), strict=True)) == pairs
