"""What the pages share: navigation, shell, state, filters, caches and presentation, one hazard a module."""
