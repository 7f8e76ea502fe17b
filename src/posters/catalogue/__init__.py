"""The one table of movies, and how it is gathered."""
