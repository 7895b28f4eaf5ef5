"""Entry script of the sweep job; see millrace_jobs/sweep.py."""

import sys

from millrace_jobs.sweep import main

if __name__ == '__main__':
    main(sys.argv[1:])
