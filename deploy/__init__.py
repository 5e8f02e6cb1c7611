"""Running Cairn elsewhere: the gateway, the image, and checks that need no Docker."""
