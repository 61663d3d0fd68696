"""What strangers and people with few rights must not be able to do."""
