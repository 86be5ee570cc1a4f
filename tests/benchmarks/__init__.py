"""How fast reportgen is, as ratios against peers measured in the same run.

`python -m tests.benchmarks` prints one table and writes `benchmarks.json`.
"""
