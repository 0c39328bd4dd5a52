"""The files of a batch, done by the workers of a Dask cluster that is there already."""
