"""Tests of bot/sla: clocks."""
