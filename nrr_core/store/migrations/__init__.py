"""The schema's history. One file per step in ``versions``; ``docs/adding.md`` says how to add one."""
