"""The app's side that speaks HTTP: headers, the gate, short addresses, health, logs and metrics. Pages know nothing of it."""
