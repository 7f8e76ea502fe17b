"""How fast this is beside others, on the same posters, in one run."""
