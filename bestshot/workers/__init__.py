"""Where pictures are measured: processes of this machine, or a Dask cluster."""
