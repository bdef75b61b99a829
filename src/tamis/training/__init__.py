"""Training: how the weights that ship were made, and the figures stated of them. Needs an extra."""
