"""What the work on the program needs and the program itself does not."""
