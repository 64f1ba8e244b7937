"""Shows a few matched people: under which names and keys the source systems know them, and what matched these."""
from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from lib.local_lake.showing.match_source import NEW, KnownKey, MatchedDatabase
from lib.local_lake.showing.output import print_rows

PERSONS_OF_A_LEVEL = 2
SHOWN_COLUMNS = ('firstname', 'lastname', 'customerdob', 'phonenumber', 'email')


def show_matches(matched: MatchedDatabase) -> str:
    """Print how many keys each level has matched and some of the people; return a pair of keys worth explaining."""
    known = matched.known_keys()
    persons = {key.global_id for key in known}
    counts = Counter(key.level for key in known)
    levels = [str(level.id) for level in matched.spec.levels]
    told = ', '.join(f'{counts[level]} by level {level}' for level in levels)
    print(f'\n{len(known)} source keys belong to {len(persons)} people: {told}, {counts[NEW]} were new. Some of them:'
          '\n')
    chosen = chosen_people(known, levels)
    rows = [(key.global_id[:8] if number == 0 else '', str(key.source), *_values(matched, key), key.level,
             None if key.score is None else round(key.score, 4))
            for person in chosen for number, key in enumerate(person)]
    print_rows(('person', 'source key', *SHOWN_COLUMNS, 'level', 'score'), rows)
    return ' '.join(str(key.source) for key in chosen[-1][:2]) if chosen else ''


def chosen_people(known: Sequence[KnownKey], levels: Sequence[str]) -> list[list[KnownKey]]:
    """Return the keys of the first few people that each level has matched, people of several keys only."""
    people: dict[str, list[KnownKey]] = {}
    for key in known:
        people.setdefault(key.global_id, []).append(key)
    chosen: dict[str, list[KnownKey]] = {}
    for level in levels:
        fitting = (person for person, keys in people.items()
                   if len(keys) > 1 and person not in chosen and any(key.level == level for key in keys))
        for person, _ in zip(fitting, range(PERSONS_OF_A_LEVEL), strict=False):
            chosen[person] = people[person]
    return list(chosen.values())


def _values(matched: MatchedDatabase, key: KnownKey) -> list[object]:
    row = matched.row(key.source)
    return [row.get(name) for name in SHOWN_COLUMNS]
