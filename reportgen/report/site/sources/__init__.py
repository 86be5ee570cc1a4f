"""The page “As in the sources”: each figure of the texts that the program follows."""
