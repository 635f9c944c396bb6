"""The one place that names concrete adapters: settings in, everything a process needs out."""

from app.bootstrap.container import Container, build

__all__ = ["Container", "build"]
