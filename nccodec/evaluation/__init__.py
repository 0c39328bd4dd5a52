"""Metrics, rate-distortion curves and speeds, on folders of pictures."""
