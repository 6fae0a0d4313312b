"""Fuzz targets: whatever bytes come in, a reader answers or refuses in its own words. `make fuzz` runs them for long."""
