"""What is lost when everything fails: nothing."""
