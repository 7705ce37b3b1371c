"""Funnels and what they are measured against: pure arithmetic over counts."""
