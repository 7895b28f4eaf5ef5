"""Entry script of the maintenance job; see millrace_jobs/maintain.py."""

import sys

from millrace_jobs.maintain import main

if __name__ == '__main__':
    main(sys.argv[1:])
