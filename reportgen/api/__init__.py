"""The public interface for programs and notebooks; `reportgen` hands on its names."""
