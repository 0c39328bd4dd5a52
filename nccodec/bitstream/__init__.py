"""Bytes: container, packers, symbol models. numpy only, never torch."""
