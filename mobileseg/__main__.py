"""``python -m mobileseg`` is the command line, where its script is not on the path."""

import sys

from mobileseg.cli.entry import NAME, main

if __name__ == "__main__":
    sys.argv[0] = NAME  # what records call the command
    main()
