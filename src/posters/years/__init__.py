"""From vectors to years: data set, split, head, priors, intervals, training."""
