"""Tests of the rollup service's decisions; they touch nothing."""
