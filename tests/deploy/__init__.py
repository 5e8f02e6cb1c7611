"""What operators are given: compose file, image, gateway."""
