"""veraPDF, the second judge of every PDF."""
