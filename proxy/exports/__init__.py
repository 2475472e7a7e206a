"""Views of a period as files for other systems: OCSF, CSV, Parquet.

Rows are asked for in slices of time and written as they come, so that neither side
holds a period in memory. ``slices`` asks, ``ocsf`` and ``lines`` give each row its
form. What an export cannot say stands where it always does: ``whosaw question gaps``
and the like of the same period.
"""
