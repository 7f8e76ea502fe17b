"""The pretrained model: a model of real posters that is in git, in the folder `pretrained/`."""
