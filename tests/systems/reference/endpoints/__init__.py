"""Tests of what the gateway serves."""
