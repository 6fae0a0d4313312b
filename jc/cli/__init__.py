"""The command line: parse, call one function, print."""

import gc

# Nearly all that a command makes while it starts lives as long as the process: looking for garbage in it costs 8 ms a call.
gc.set_threshold(50_000, 20, 20)
