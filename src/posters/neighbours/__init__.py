"""Which posters look alike: exact search and near-duplicates."""
