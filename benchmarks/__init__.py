"""Speed, memory and disk as ratios that are measured in one run (docs/performance.md)."""
