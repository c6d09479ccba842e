"""The budgets, measured: one module per budget, each beside its floor in the same run."""
