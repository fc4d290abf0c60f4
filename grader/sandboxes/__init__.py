"""The outer layers of the sandbox: one module each, found by its name."""
