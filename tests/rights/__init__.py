"""Tests of rights: what roles come to for one user."""
