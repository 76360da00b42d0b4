"""Where pictures are measured: in processes of this machine, or on a Dask cluster."""
