"""Toys: small worlds for a small language model, a module each, whose value TOY is the world.

toy         what a toy consists of
arithmetic  `a + b * c`, of labs 5 to 7 and 9
make        trains the model of a toy
"""
