"""Measures: exact sums by segment and month, from roll-ups, from the model's signed steps, or from runs in memory.

Everything here is an integer: money in ten-thousandths (``nrr_core.schema.UNIT``), counts of accounts. Rows of the
arrays are segments, columns are months. Ratios are made in ``nrr_core.metrics``.
"""
