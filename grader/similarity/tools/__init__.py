"""The tools that compare code, a module each: how one is run on the folder, and how its result is read."""
