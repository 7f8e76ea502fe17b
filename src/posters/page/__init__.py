"""The local page of `make app`: a poster in, its year's probabilities and its look-alikes out."""
