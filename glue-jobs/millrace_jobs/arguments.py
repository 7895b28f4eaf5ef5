"""A job's arguments as Glue hands them over: `--name value` pairs between others that are Glue's own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from millrace_jobs.errors import JobError

#: What every job takes.
COMMON = ('manifest', 'database', 'warehouse', 'state', 'stage')


def job_arguments(
    argv: Sequence[str], required: Sequence[str], defaults: Mapping[str, str] | None = None
) -> dict[str, str]:
    """Values by name, `--name value` or `--name=value`, unknown names left aside.

    Raises MR800 for a required name that is missing or has no value.
    """
    found = dict(defaults or {})
    wanted = {*required, *found}
    for index, word in enumerate(argv):
        if not word.startswith('--'):
            continue
        name, equals, value = word[2:].partition('=')
        if name not in wanted:
            continue
        if not equals:
            value = argv[index + 1] if index + 1 < len(argv) else ''
        found[name] = value
    missing = [name for name in required if not found.get(name)]
    if missing:
        names = ', '.join(f'--{name}' for name in missing)
        raise JobError(
            'MR800',
            f'missing: {names}',
            where='the arguments of the job',
            mend="see the job's DefaultArguments",
        )
    return found


def whole_number(arguments: Mapping[str, str], name: str) -> int:
    """The positive whole number of an argument. Raises MR800 for anything else."""
    text = arguments[name]
    if not text.isdecimal() or int(text) == 0:
        raise JobError(
            'MR800',
            f'{text!r} is no whole number above 0',
            where=f'--{name}',
            mend="see the job's DefaultArguments",
        )
    return int(text)
