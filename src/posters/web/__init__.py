"""A polite HTTP client with strict limits, and an archive of everything it fetched."""
