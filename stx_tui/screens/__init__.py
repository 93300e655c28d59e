"""What stands beside what."""
