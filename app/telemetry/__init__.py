"""What every process says about itself: logs, metrics, readiness. Below web and workers, above nothing."""
