"""The rules of `jc catalog check` that need only the catalog, one module per group."""
