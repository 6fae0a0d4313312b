"""The shapes of the catalog's files, one module per folder; imported only where files are read."""
