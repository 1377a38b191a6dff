"""Faults under the store: kills, power cuts, full disks, and a look at what is left."""
