"""The server's side of the app: headers, the gate, short addresses. Pages know nothing of it."""
