"""What students write in lab 94."""


def scaled(x, factor):
    """Each number of a tensor times a factor, on the tensor's device."""
    ### BEGIN SOLUTION
    return x * factor
    ### END SOLUTION
