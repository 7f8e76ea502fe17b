"""How good the predicted years are, compared with simpler models."""
