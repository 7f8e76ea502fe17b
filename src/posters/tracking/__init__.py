"""MLflow: runs, the registry, the model to serve."""
