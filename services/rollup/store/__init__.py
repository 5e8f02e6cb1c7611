"""Every SQL statement of the rollup service, by what it keeps."""
