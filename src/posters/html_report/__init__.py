"""The report: one page, in one file, that a person understands in a minute."""
