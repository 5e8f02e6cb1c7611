"""The page as a person meets it, in Chromium, before the whole running system."""
