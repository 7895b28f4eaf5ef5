"""Generic Spark jobs of the lakehouse, driven by a dataset's manifest; no module here names a dataset."""
