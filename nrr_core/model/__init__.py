"""The model: positions, pairs, roll-ups, and the statements that make them."""
