"""Takes records in and puts them on the topic."""
