"""The web page: the live goal tree, plain modules without a build step."""
