"""The laptop program: the window, the replica and the verbs of the command line."""
