"""What git knows of the project."""

import subprocess
from pathlib import Path


def git(repository: Path, *arguments: str) -> str | None:
    """What a git command prints, or None where it fails, such as outside of a repository."""
    command = ["git", "-C", str(repository), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip() if done.returncode == 0 else None
