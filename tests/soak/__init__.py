"""The reliability programme: what takes too long for every day, scaled down for `make test` and at full size in `make soak`."""
