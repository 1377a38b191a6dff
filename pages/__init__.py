"""The app's pages, one view a file; what they share is in ``ui``."""
