"""A real JupyterLab in Chromium: a package, so that its tests share one of each (conftest.py)."""
