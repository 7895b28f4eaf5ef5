"""Entry script of the silver job; see millrace_jobs/silver.py."""

import sys

from millrace_jobs.silver import main

if __name__ == '__main__':
    main(sys.argv[1:])
