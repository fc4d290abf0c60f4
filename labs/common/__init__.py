"""Code that several labs share: networks and plots."""
