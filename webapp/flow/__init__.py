"""What happens to an incident, one module a stage, each knowing only earlier ones."""
