"""The figures. Each takes numbers and a path; the caveats of its numbers stand in its corner."""
