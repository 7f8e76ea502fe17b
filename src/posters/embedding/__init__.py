"""From a poster to its vector, by a frozen pre-trained network."""
