"""Opening, checking and hashing pictures."""
