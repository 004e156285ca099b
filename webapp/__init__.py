"""The world around the rules: store, schedule, channels and pages."""
