"""How the figures of the last run differ from those that are committed."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from posters.git import git

# What `make repro` writes and git keeps.
KEPT_BY_GIT = ("dvc.lock", "metrics", "plots", "docs/model_card.md")
_LAST_DIGITS = 0.5  # years; other processors move the errors by less


def difference_from_commit(repository: Path) -> str | None:
    """Which tracked files differ from the commit, by how much, and why, in one sentence.

    None where nothing differs, where params.yaml was edited, and outside of git.
    """
    if git(repository, "diff", "--name-only", "HEAD", "--", "params.yaml") != "":
        return None
    changed = (git(repository, "diff", "--name-only", "HEAD", "--", *KEPT_BY_GIT) or "").split()
    committed = git(repository, "show", "HEAD:metrics/evaluation.json")
    if not changed or committed is None:
        return None
    before = dict(_numbers(json.loads(committed)))
    now = json.loads((repository / "metrics" / "evaluation.json").read_text(encoding="utf-8"))
    moved = max((abs(value - before.get(name, value)) for name, value in _numbers(now)), default=0)
    count = f"{len(changed)} tracked {'file differs' if len(changed) == 1 else 'files differ'}"
    if moved < _LAST_DIGITS:
        cause = (
            f"by {moved:.2f} years at most: another processor or package version rounds the last "
            "digits of a vector differently"
        )
    else:
        cause = (
            f"by up to {moved:.1f} years although params.yaml is the same: compare `run` in "
            "metrics/evaluation.json (weights, counts)"
        )
    restore = f"`git restore {' '.join(KEPT_BY_GIT)}` brings the committed ones back"
    return f"{count} from the commit, the errors {cause}; {restore}"


def _numbers(evaluation: dict[str, Any]) -> Iterator[tuple[str, float]]:
    """The errors of both tests, in years."""
    for test in ("natural", "balanced"):
        for name, value in evaluation[test].items():
            if name.startswith("mae") or name.endswith("_mae"):
                yield f"{test}.{name}", float(value)
