"""Evaluate, tier, price and route language models, with evidence.

Read top to bottom, the packages are the product: `catalog` (what exists, at what price), `tiers` (which models are equals),
`routing` (which model should answer), `traffic` and `simulate` (what it would have cost), `evals` (which model is good enough),
`report` and `cli` (how it is told). Imports go one way; `pyproject.toml` holds the contracts.
"""

__version__ = "0.1.0"
