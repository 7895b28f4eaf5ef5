"""Work groups and named queries, kept in one file that is replaced whole after each change."""

from __future__ import annotations

import json
import os
import threading
import time
import uuid
from pathlib import Path
from typing import Any

from failure import RequestRefused

Entry = dict[str, Any]


class Register:
    """Both, by name and by id. Safe to use from several threads."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.RLock()
        stored = json.loads(file.read_text('utf-8')) if file.exists() else {}
        self._work_groups: dict[str, Entry] = stored.get('workGroups', {})
        self._named: dict[str, Entry] = stored.get('namedQueries', {})
        self._work_groups.setdefault('primary', _new_work_group('primary', {}))

    def create_work_group(self, request: Entry) -> None:
        """Refuses a name that is taken."""
        name = request['Name']
        with self._lock:
            if name in self._work_groups:
                raise RequestRefused(f'WorkGroup {name} is already created')
            self._work_groups[name] = _new_work_group(name, request)
            self._save()

    def update_work_group(self, request: Entry) -> None:
        """Merges ConfigurationUpdates; a Remove… flag takes its setting away."""
        with self._lock:
            group = self.work_group(request['WorkGroup'])
            group['Description'] = request.get('Description', group['Description'])
            group['State'] = request.get('State', group['State'])
            group['Configuration'] = _merged(
                group['Configuration'], request.get('ConfigurationUpdates') or {}
            )
            self._save()

    def delete_work_group(self, request: Entry) -> None:
        """With RecursiveDeleteOption its named queries go too; without, they forbid it."""
        name = request['WorkGroup']
        with self._lock:
            self.work_group(name)
            if name == 'primary':
                raise RequestRefused('Cannot delete the primary WorkGroup')
            inside = [key for key, query in self._named.items() if query['WorkGroup'] == name]
            if inside and not request.get('RecursiveDeleteOption'):
                raise RequestRefused(f'WorkGroup {name} is not empty')
            for key in inside:
                del self._named[key]
            del self._work_groups[name]
            self._save()

    def work_group(self, name: str) -> Entry:
        """WorkGroup of the API. Refuses a name that is unknown."""
        with self._lock:
            if name not in self._work_groups:
                raise RequestRefused(f'WorkGroup {name} is not found.')
            return self._work_groups[name]

    def work_groups(self) -> list[Entry]:
        """All, by name."""
        with self._lock:
            return [self._work_groups[name] for name in sorted(self._work_groups)]

    def create_named_query(self, request: Entry) -> str:
        """The new id; the same for the same ClientRequestToken."""
        token = request.get('ClientRequestToken')
        with self._lock:
            for key, query in self._named.items():
                if token and query.get('token') == token:
                    return key
            group = request.get('WorkGroup') or 'primary'
            self.work_group(group)
            key = str(uuid.uuid4())
            fields = {name: request[name] for name in ('Name', 'Database', 'QueryString')}
            description = request.get('Description')
            self._named[key] = {**fields, 'WorkGroup': group, 'Description': description, 'token': token}
            self._save()
            return key

    def update_named_query(self, request: Entry) -> None:
        """Name, Description and QueryString may change."""
        with self._lock:
            query = self._query(request['NamedQueryId'])
            query.update({k: request[k] for k in ('Name', 'Description', 'QueryString') if k in request})
            self._save()

    def delete_named_query(self, key: str) -> None:
        """Refuses an id that is unknown."""
        with self._lock:
            self._query(key)
            del self._named[key]
            self._save()

    def named_query(self, key: str) -> Entry:
        """NamedQuery of the API. Refuses an id that is unknown."""
        with self._lock:
            query = self._query(key)
            return {k: v for k, v in query.items() if k != 'token' and v is not None} | {'NamedQueryId': key}

    def named_query_ids(self, work_group: str) -> list[str]:
        """In the order of creation."""
        with self._lock:
            self.work_group(work_group)
            return [key for key, query in self._named.items() if query['WorkGroup'] == work_group]

    def _query(self, key: str) -> Entry:
        if key not in self._named:
            raise RequestRefused(f'NamedQuery {key} does not exist')
        return self._named[key]

    def _save(self) -> None:
        new = self._file.with_suffix('.new')
        with new.open('w', encoding='utf-8') as stream:
            json.dump({'workGroups': self._work_groups, 'namedQueries': self._named}, stream)
            stream.flush()
            os.fsync(stream.fileno())
        new.replace(self._file)


def _new_work_group(name: str, request: Entry) -> Entry:
    # As Athena: what is not said about a group is enforced on its clients.
    configuration = {
        'EnforceWorkGroupConfiguration': name != 'primary',
        **(request.get('Configuration') or {}),
    }
    return {
        'Name': name,
        'State': 'ENABLED',
        'Description': request.get('Description', ''),
        'CreationTime': time.time(),
        'Configuration': configuration,
    }


def _merged(configuration: Entry, updates: Entry) -> Entry:
    merged = dict(configuration)
    for name, value in updates.items():
        if name == 'ResultConfigurationUpdates':
            merged['ResultConfiguration'] = _merged(merged.get('ResultConfiguration', {}), value)
        elif name.startswith('Remove'):
            if value:
                merged.pop(name.removeprefix('Remove'), None)
        else:
            merged[name] = value
    return merged
