"""What is loaded on the real cluster and on a laptop alike: every format, every kind of step, two days of customers."""
from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from test_golden_files import FILES, GOLDEN

from lake_etl.transform.lookup_items import lookup_items, multilookup_items
from lib.job_table import CLEANSE_TO_CONSUME, COLLECT_TO_CLEANSE, ENTITY_MATCH, LakeJob
from lib.local_lake.folders import OWN_CONFIGURATION, REPOSITORY

if TYPE_CHECKING:
    from ground import Ground

ROWS = 6000
STATES = ('NY', 'TX', 'CA', 'XX')
POLICY_KEY = 'Gen/Policy/2026/03/04/policies.csv'
CUSTOMERS = tuple(f'Customer/{system}/2026/03/{day:02d}/customer_{system}_entitymatch_day{day}.csv'
                  for day, system in ((1, 'A01'), (1, 'C25'), (2, 'A01')))
STEPS = {
    'multilookup': [{'lookup_group': 'Rates', 'match_columns': ['state', 'line'], 'return_attributes': ['territory']}],
    'changetype': {'premium': 'decimal(12,2)', 'employees': 'int'},
    'date': [{'field': 'since', 'format': 'yyyy-MM-dd'}],
    'lookup': [{'field': 'statename', 'source': 'state', 'lookup': 'StateCd', 'nomatch': 'N/A'}],
    'filldown': [{'field': 'company'}, {'field': 'agent', 'partition': ['state'], 'sort': ['number']}],
    'rownumber': [{'field': 'line_number'}, {'field': 'sorted_number', 'sort': ['premium desc', 'number']},
                  {'field': 'number_in_state', 'partition': ['state'], 'sort': ['number desc']}],
    'hash': ['insured'],
    'redact': {'phone': 'none'},
    'tokenize': ['taxid', 'insuredid'],
}
RULES = {
    'before_transform': {'warn_rules': ['Completeness "agent" > 0.9', 'RowCount > 5000'],
                         'quarantine_rules': ['ColumnValues "line" != "??"']},
    'after_transform': {'quarantine_rules': ['ColumnValues "premium" >= 0'],
                        'halt_rules': ['IsUnique "line_number"', 'Uniqueness "number" = 1.0']},
    'after_sparksql': {'quarantine_rules': ['ColumnValues "policies" > 1']},
}
SQL = ('SELECT state, statename, line, territory, count(*) AS policies, sum(premium) AS premium, '
       'max(company) AS company, max(sorted_number) AS last, year, month, day FROM gen.policy '
       'GROUP BY state, statename, line, territory, year, month, day')


@dataclass(frozen=True)
class Start:
    """A start of a job for a landed file."""

    job: LakeJob
    key: str


def policies() -> bytes:
    """Return a file with gaps to fill, numbers that are none, rows for quarantine and personal data."""
    lines = ['number,insured,insuredid,taxid,phone,state,line,premium,employees,since,company,agent']
    for number in range(ROWS):
        line = '??' if number % 1009 == 7 else ('GL', 'AU', 'WC')[number % 3]
        premium = -1 if number % 997 == 5 else f'{number % 89}.{number % 100:02d}'
        employees = 'many' if number % 1501 == 3 else number % 50
        since = '2026-02-31' if number % 2003 == 1 else f'2025-{number % 12 + 1:02d}-{number % 28 + 1:02d}'
        company = f'Company {number}' if number % 250 == 0 else ''
        agent = f'Agent {number}' if number % 17 == 0 else ''
        lines.append(f'{number},Person {number % 700},ID{number % 300},T{number % 500:04d},555-{number},'
                     f'{STATES[number % 7 % 4]},{line},{premium},{employees},{since},{company},{agent}')
    lines.append(f'{ROWS},Loner,ID1,T0001,555,ZZ,GL,5.00,1,2026-01-01,,')
    return '\n'.join(lines).encode()


def configuration() -> dict[str, str]:
    """Return all configuration files by their names below the configuration folder."""
    found: dict[str, Any] = {
        'transformation-spec/Gen-Policy.json': {'transform_spec': STEPS}, 'dq-rules/dq-Gen-Policy.json': RULES,
        'transformation-sql/spark-Gen-Policy.sql': SQL}
    for name, (spec, mapping, _) in FILES.items():
        table = table_of_format(name)
        found[f'transformation-spec/Formats-{table}.json'] = {'input_spec': spec}
        if mapping:
            found[f'transformation-spec/Formats-{table}.csv'] = mapping
    for file in OWN_CONFIGURATION.glob('transformation-s*/*Customer-*'):
        found[f'{file.parent.name}/{file.name}'] = file.read_text()
    return {name: content if isinstance(content, str) else json.dumps(content) for name, content in found.items()}


def table_of_format(name: str) -> str:
    """Return the table for a file of another program."""
    return 'F' + ''.join(filter(str.isalnum, name))


def landed() -> dict[str, bytes]:
    """Return the content of each landed file by its key."""
    found = {f'Formats/{table_of_format(name)}/2026/03/04/{name}': (GOLDEN / name).read_bytes() for name in FILES}
    found[POLICY_KEY] = policies()
    return found | {key: (REPOSITORY / 'resources' / Path(key).name).read_bytes() for key in CUSTOMERS}


def starts() -> list[Start]:
    """Return the starts of jobs in their order."""
    formats = [Start(COLLECT_TO_CLEANSE, key) for key in landed() if key.startswith('Formats/')]
    return [Start(COLLECT_TO_CLEANSE, POLICY_KEY), Start(CLEANSE_TO_CONSUME, POLICY_KEY), *formats,
            *(Start(job, key) for key in CUSTOMERS for job in (COLLECT_TO_CLEANSE, CLEANSE_TO_CONSUME, ENTITY_MATCH))]


def records(executions: Mapping[str, str]) -> list[Mapping[str, str]]:
    """Return the audit records of executions as they begin, without those of customers, who have a test of their own.

    executions  id of each landed file's execution by its key
    """
    return [{'execution_id': execution} for key, execution in executions.items() if key not in CUSTOMERS]


def lookups() -> Mapping[str, list[Mapping[str, Any]]]:
    """Return the items of both look-up tables."""
    states = json.dumps({'StateCd': {'NY': 'New York', 'TX': 'Texas', 'CA': 'California'}}).encode()
    rates = b'state,line,territory\nNY,GL,North\nTX,GL,South\nCA,AU,West\n'
    return {'value-lookup': list(lookup_items('Gen', states, 'states.json')),
            'multi-lookup': list(multilookup_items('Rates', ['state', 'line'], rates, 'rates.csv'))}


def configure(aws: Ground) -> None:
    """Give an empty ground the configuration, the look-ups and the landed files."""
    for name, content in configuration().items():
        aws.configure(name, content)
    for table, items in lookups().items():
        aws.put_items(table, items)
    for key, content in landed().items():
        aws.land(key, content)
