"""What somebody should see: changes of state, told once, and delivered until they arrive."""
