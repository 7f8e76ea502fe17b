"""How good the years are, and against what."""
