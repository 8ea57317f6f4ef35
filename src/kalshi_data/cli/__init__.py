"""Code that the command lines of all programs share."""
