"""The local web page of `make app`."""
