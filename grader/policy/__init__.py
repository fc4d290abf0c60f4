"""The course's rules: course.toml, and what its dates, late days and penalties make of a hand-in."""
