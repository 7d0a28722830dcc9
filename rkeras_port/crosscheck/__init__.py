"""The cross-check: run an R file and its Python twin, and prove that they agree."""
