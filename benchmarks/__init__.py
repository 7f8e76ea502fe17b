"""Speed of this project and of alternatives, measured on the same data."""
