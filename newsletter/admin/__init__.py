"""What the VA sees of her readers."""
