"""All submissions of a folder: handed to an executor, and logged so that a run goes on where it was stopped."""
