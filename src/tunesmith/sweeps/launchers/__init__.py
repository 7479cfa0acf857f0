"""Where a sweep's jobs run: on this machine, or through one of Hydra's launchers."""
