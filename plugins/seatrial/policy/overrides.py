"""What the command line changes in a policy: the address of a target.

The policy's digest leaves such changes out: a certificate says which policy was met, and its fingerprint
says by which system.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace

from seatrial.policy.marked import Marked, Origin, mark
from seatrial.policy.problems import Path, PolicyError, Problem, did_you_mean, listed

_NAMED = re.compile(r"([A-Za-z0-9][A-Za-z0-9._-]*)=(https?://.*)", re.DOTALL)
_OPTION = Origin("--target")
_UNSET = Origin("unset")


@dataclass
class Overridden:
    """A document with what the command line changed.

    Attributes:
        tree: the changed document.
        before: what stood there before, None where nothing did.
    """

    tree: Marked
    before: dict[Path, Marked | None] = field(default_factory=dict)

    def put(self, path: Path, value: Marked) -> None:
        """Change one value and remember what it was."""
        parent = self.tree.at(path[:-1])
        self.before[path] = parent.child(path[-1])
        self.tree = self.tree.put(path, value)


def with_target(tree: Marked, option: str | None) -> Overridden:
    """The document with the address given on the command line.

    Args:
        tree: the document.
        option: ``URL`` for the only target, or ``NAME=URL``; None changes nothing.

    Raises:
        PolicyError: no target of that name, or several and none is named.
    """
    done = Overridden(tree)
    if option is None:
        return done
    named = _NAMED.fullmatch(option)
    name, uri = (named[1], named[2]) if named else (None, option)
    targets = _targets(tree)
    if not targets and name is None:
        given = mark([{"name": "target", "uri": uri}], _OPTION)
        done.put(("spec", "targets"), given)
        return done
    found = [index for index, known in targets.items() if name in (None, known)]
    if not found:
        what = f"there is no target {name!r}{did_you_mean(str(name), targets.values())}"
        raise PolicyError([Problem(str(_OPTION), "", what, f"known: {listed(targets.values())}")])
    if len(found) > 1:
        hint = f"say which one: --target NAME={uri}, with one of {listed(targets.values())}"
        raise PolicyError([Problem(str(_OPTION), "", f"the policy has {len(found)} targets", hint)])
    done.put(("spec", "targets", found[0], "uri"), Marked(uri, _OPTION))
    return done


def with_addresses(done: Overridden) -> Overridden:
    """The document with a stand-in for each address that is left to the command line."""
    for index in _targets(done.tree):
        path: Path = ("spec", "targets", index, "uri")
        if done.tree.at(path[:-1]).child("uri") is None:
            done.put(path, Marked("http://unset.invalid", _UNSET))
    return done


def undone(tree: Marked, before: dict[Path, Marked | None]) -> Marked:
    """*tree* as it was before the command line changed it."""
    for path, value in before.items():
        if value is not None:
            tree = tree.put(path, value)
            continue
        parent = tree.at(path[:-1])
        kept = {key: item for key, item in parent.value.items() if key != path[-1]}
        tree = tree.put(path[:-1], replace(parent, value=kept))
    return tree


def _targets(tree: Marked) -> dict[int, str]:
    """The names of the targets, by their place."""
    spec = tree.child("spec")
    targets = spec.child("targets") if spec else None
    if targets is None or not isinstance(targets.value, list):
        return {}
    named = ((index, item.child("name")) for index, item in enumerate(targets.value))
    return {index: str(name.value) if name else "" for index, name in named}
