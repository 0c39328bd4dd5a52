"""From pictures to bytes and back: what all kinds of maps have in common, and which kinds there are."""
