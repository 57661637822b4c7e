"""The subcommands of `sextant eval`, one file each."""
