"""One file a command, loaded when it is asked for: ``run(arguments) -> exit code``."""
