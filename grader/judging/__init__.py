"""From answers to outcomes: compares what came back with what was expected, and says what is wrong as findings."""
