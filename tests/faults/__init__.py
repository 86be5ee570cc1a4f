"""Faults on purpose: kills, damaged stores, full disks, mutated inputs, tampered bundles.

The tests take fixed examples. `python -m tests.faults --minutes 30` goes on with random seeds and
prints the seed of each failure; `--seed N` tries that one again.
"""
