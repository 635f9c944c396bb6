"""What simulators of other people's servers share: HTTP with sockets of its own, so that faults are real ones."""
