"""Athena over the sandbox's buckets: what AWS would take of SQL, carried out by DuckDB over the files themselves."""
