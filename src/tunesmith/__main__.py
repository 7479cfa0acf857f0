"""`python -m tunesmith`."""

import sys

if not sys.flags.safe_path:
    del sys.path[0]  # the working folder, which Python has put first: a torch.py there is not the library

from tunesmith.cli import main

main()
