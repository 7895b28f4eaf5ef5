"""Entry script of the gold job; see millrace_jobs/gold.py."""

import sys

from millrace_jobs.gold import main

if __name__ == '__main__':
    main(sys.argv[1:])
