"""The commands of the command line, one file each: takes arguments, makes one call and prints."""
