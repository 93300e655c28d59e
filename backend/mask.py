"""What stands where a secret was."""

# What stands in a dialog, a deed and a log where a secret was.
MASK = "********"
