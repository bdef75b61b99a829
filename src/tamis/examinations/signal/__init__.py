"""What the pixels themselves carry."""
