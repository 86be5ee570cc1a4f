"""The command line: reads words, calls the build, prints, and exits with a code."""
