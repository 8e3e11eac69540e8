"""Reports: what is measured, counted in SQL over the views `measured_…`."""
