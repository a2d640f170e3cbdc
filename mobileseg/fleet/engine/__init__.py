"""Who does it, and when: the steps of a sweep on Dask's workers, one device to one worker."""
