"""Toys: small worlds for a small language model, a module each, whose value TOY is the world.

toy                    what a toy consists of
arithmetic             `a + b * c`, of labs 5 to 7
two_languages          sums, requests and harm in two languages, of lab 8
two_languages_student  the same for a model of half the width
make                   trains the model of a toy
"""
