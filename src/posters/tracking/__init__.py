"""MLflow: runs, the model registry, the served model, the comparison of runs."""
