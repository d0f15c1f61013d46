"""The demo project, and how its images are made; training composes its own, see `core.synth.compositor`."""

from core.synth.demo.builder import build, plan, project

__all__ = ["build", "plan", "project"]
