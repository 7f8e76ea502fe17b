"""The explore page: all posters on one page, to wander through in a browser."""
