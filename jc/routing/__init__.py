"""Prompt → class → model: the classifier, route tables, and `decide`, the one function that chooses a model."""
