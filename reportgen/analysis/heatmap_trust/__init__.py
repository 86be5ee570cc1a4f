"""Whether heatmaps can be trusted."""
