"""The world of lab 8 for the small model that is taught by distillation: half the width, and a base of its own."""

from dataclasses import replace
from pathlib import Path

from labs.common.toys import two_languages

TOY = replace(
    two_languages.TOY,
    folder=Path(__file__).parents[1] / "two_languages_student_model",
    width=32,
    most_grown=1.5,  # a thousand steps of fine-tuning make it grow by a fifth to a third
)
