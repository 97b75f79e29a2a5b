"""Tests of handbill: one module for each of its own, rules as Markdown, situations as projects."""
