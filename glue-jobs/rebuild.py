"""Entry script of the rebuild job; see millrace_jobs/remake.py."""

import sys

from millrace_jobs.remake import main

if __name__ == '__main__':
    main(sys.argv[1:])
