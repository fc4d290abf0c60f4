"""What a student types: check, hint, reset, submit."""
