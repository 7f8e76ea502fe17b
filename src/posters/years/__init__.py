"""From feature vectors to years: data set, split, year head, priors, intervals, training."""
