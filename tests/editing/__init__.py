"""What editors of one resource may do to one another: nothing."""
