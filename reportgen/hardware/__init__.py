"""The machine that computes: its devices, GPUs and processors, and the engines on it."""
