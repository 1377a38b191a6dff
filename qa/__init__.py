"""Bars of reliability: each is a command that prints a figure, beside a control that the same check must catch."""
