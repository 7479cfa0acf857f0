"""Where a sweep's jobs run: here, or through one of Hydra's launchers."""
