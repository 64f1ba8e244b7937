"""The laptop's query engine runs Athena SQL on the published files and keeps views that it has checked."""
from __future__ import annotations

import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from pathlib import Path
from threading import Barrier

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from lake_etl.adapters.local.duckdb_queries import DuckDBQueries, answering, native_query, query
from lake_etl.adapters.local.sqlite_catalog import SqliteCatalog
from lake_etl.errors import PublicationError, QueryError
from lake_etl.ports import Column, Partition, Publication, Table
from lib.local_lake.cli import main
from lib.local_lake.showing.personal_values import personal_values

KEYS = tuple(Column(name, 'string') for name in ('year', 'month', 'day'))
DAYS = [('2026', '01', f'{day:02}') for day in range(1, 29)]


class Lake:
    """A catalog in a folder, and what tests do with it."""

    def __init__(self, folder: Path):
        self.folder = folder
        self.address = f'sqlite://{folder}/lake.db'
        self.catalog = SqliteCatalog(self.address)
        self.engine = DuckDBQueries(self.address)

    def publish(self, name, columns, *parts):
        """Publish `database.table` with one partition for each (Arrow columns, types of the files)."""
        database, table = name.split('.')
        self.catalog.create_database(database, str(self.folder))
        put = []
        for values, (content, types) in zip(DAYS, parts, strict=False):
            place = self.folder / database / table / '-'.join(values)
            place.mkdir(parents=True, exist_ok=True)
            pq.write_table(pa.table(content), place / 'part-0.parquet', use_deprecated_int96_timestamps=True)
            put.append(Partition(values, str(place), types or columns))
        location = str(self.folder / database / table)
        self.catalog.publish(Publication(Table(database, table, columns, KEYS, location), tuple(put)))

    def rows(self, sql):
        return query(self.address, sql).rows


def columns(ddl):
    return tuple(Column(*part.strip().split(' ', 1)) for part in ddl.split(';'))


@pytest.fixture
def lake(tmp_path):
    """A lake with policies in two partitions and their claims."""
    lake = Lake(tmp_path / "lake 'one' ü [x]*?%20")
    policy = columns(
        'policy_number string; effective_date date; premium decimal(16,2); term int; contacts array<string>')
    types = pa.decimal128(16, 2)
    lake.publish(
        'gen.policy', policy,
        ({'policy_number': ['P1', 'P2'], 'effective_date': [date(2026, 1, 31), date(2026, 2, 1)],
          'premium': pa.array([Decimal('100.00'), Decimal('50.50')], types), 'term': pa.array([12, 6], pa.int32()),
          'contacts': [['a', 'b'], []]}, None),
        ({'policy_number': ['P3'], 'effective_date': [date(2026, 3, 1)], 'premium': pa.array([None], types),
          'term': pa.array([7], pa.int32()), 'contacts': [None]}, None))
    lake.publish('gen.claim', columns('policy_number string; paid double'),
                 ({'policy_number': ['P1', 'P1'], 'paid': [10.0, 20.0]}, None))
    lake.catalog.create_database('gen_consume', str(lake.folder))
    return lake


ANSWERS = [
    ('SELECT count(*) FROM gen.policy', [(3,)]),
    ('select COUNT(*) from GEN."Policy" WHERE YEAR = \'2026\' AND "Day" = \'02\'', [(1,)]),
    ('SELECT policy_number FROM awsdatacatalog.gen.policy p ORDER BY p.policy_number DESC LIMIT 1', [('P3',)]),
    ('SELECT policy.term, gen.policy.day FROM gen.policy WHERE term = 6', [(6, '01')]),
    ('SELECT sum(premium) FROM policy', [(Decimal('150.50'),)]),
    ('WITH policy AS (SELECT policy_number FROM gen.policy WHERE term > 6), other AS (SELECT * FROM policy) '
     'SELECT count(*) FROM other', [(2,)]),
    ('WITH claim AS (SELECT * FROM claim WHERE paid > 15) SELECT paid FROM claim', [(20.0,)]),
    ('WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3) SELECT sum(i) FROM n', [(6,)]),
    ('SELECT p.policy_number, sum(c.paid) FROM gen.policy p LEFT JOIN gen.claim c ON p.policy_number = '
     'c.policy_number GROUP BY 1 ORDER BY 1', [('P1', 30.0), ('P2', None), ('P3', None)]),
    ('SELECT policy_number FROM gen.policy WHERE policy_number IN (SELECT policy_number FROM gen.claim)', [('P1',)]),
    ('SELECT policy_number, contact FROM gen.policy CROSS JOIN UNNEST(contacts) AS t(contact) ORDER BY 2',
     [('P1', 'a'), ('P1', 'b')]),
    ("SELECT date_diff('month', DATE '2026-01-15', DATE '2026-02-14')", [(0,)]),
    ("SELECT date_diff('month', effective_date, DATE '2026-02-28') FROM gen.policy WHERE term = 12", [(1,)]),
    ("SELECT date_diff('day', DATE '2026-01-15', date_parse('2026/02/14', '%Y/%m/%d'))", [(30,)]),
    ("SELECT date_diff('day', date_trunc('month', DATE '2026-01-15'), date_add('day', date_diff('day', DATE "
     "'2026-01-01', DATE '2026-01-03'), DATE '2026-01-01'))", [(2,)]),
    ("SELECT date_format(effective_date, '%Y-%m') FROM gen.policy WHERE term = 12", [('2026-01',)]),
    ('SELECT term / 5, 7 / 2, term / 2.0 FROM gen.policy WHERE term = 12', [(2, 3, 6.0)]),
    ("SELECT format('%,.2f and %s', DECIMAL '1234.50', 'x')", [('1,234.50 and x',)]),
    ("SELECT regexp_extract('P-12', '\\d+'), regexp_extract('P', '(\\d+)', 1), regexp_like('P1', '\\d')",
     [('12', None, True)]),
    ("SELECT element_at(split('a-b', '-'), 2), contacts[1] FROM gen.policy WHERE term = 12", [('b', 'a')]),
    ("SELECT try_cast('x' AS integer), coalesce(NULL, 'y'), if(1 > 2, 1)", [(None, 'y', None)]),
    ('SELECT premium FROM gen.policy ORDER BY premium DESC', [(Decimal('100.00'),), (Decimal('50.50'),), (None,)]),
    ("SELECT listagg(policy_number, ',') WITHIN GROUP (ORDER BY policy_number) FROM gen.policy", [('P1,P2,P3',)]),
    ('SELECT approx_distinct(policy_number), count_if(term > 6), arbitrary(year) FROM gen.policy', [(3, 2, '2026')]),
    ("SELECT count(*) FROM gen.policy UNION ALL SELECT count(*) FROM gen.claim ORDER BY 1;", [(2,), (3,)]),
    ('FROM gen.claim SELECT max(paid)', [(20.0,)]),
    ('SUMMARIZE SELECT 1 AS one', None),
    ('SHOW ALL TABLES', None),
]


@pytest.mark.parametrize('sql, expected', ANSWERS, ids=[sql[:60] for sql, _ in ANSWERS])
def test_queries_of_athena_are_answered(lake, sql, expected):
    rows = lake.rows(sql)
    assert rows == expected if expected is not None else rows


def test_an_answer_names_its_columns_and_their_types(lake):
    answer = query(lake.address, 'SELECT policy_number, premium, effective_date AS "Effective Date", day FROM policy '
                                 'WHERE term = 12')
    assert answer.columns == ('policy_number', 'premium', 'Effective Date', 'day')
    assert answer.types == ('VARCHAR', 'DECIMAL(16,2)', 'DATE', 'VARCHAR')
    assert answer.rows == [('P1', Decimal('100.00'), date(2026, 1, 31), '01')]


REFUSED = [
    ('SELECT * FROM gen.polcy', r"no table or view 'gen\.polcy'.*gen\.policy"),
    ('SELECT * FROM general.policy', r'Did you mean gen\.policy'),
    ('SELECT * FROM zzz', r'holds \d+ tables and views'),
    ('SELECT policy_numbr FROM gen.policy', 'policy_number'),
    ('SELECT no_such_function(1)', 'no_such_function'),
    ('SELECT * FROM other_source.gen.policy', "data source 'other_source'"),
    ('DROP VIEW gen_consume.x', 'Expected one query'),
    ("COPY (SELECT 1) TO 'stolen.csv'", 'Expected one query'),
    ('SELECT 1; SELECT 2', 'found 2 statements'),
    ('SELEC 1', 'query failed'),
    ("SELECT word_stem('claims')", 'word_stem'),
    ('', 'Expected one query, found 0'),
]


@pytest.mark.parametrize('sql, reason', REFUSED, ids=[sql[:40] or 'nothing' for sql, _ in REFUSED])
def test_what_cannot_be_answered_is_refused_with_its_reason(lake, sql, reason):
    with pytest.raises(QueryError, match=reason):
        query(lake.address, sql)


def test_an_error_holds_no_value_from_rows(lake):
    with pytest.raises(QueryError) as refused:
        query(lake.address, 'SELECT CAST(policy_number AS integer) FROM gen.policy')
    assert 'P1' not in str(refused.value)
    assert 'try_cast' in str(refused.value)


def test_a_name_in_two_databases_must_be_qualified(lake):
    lake.publish('life.policy', columns('a int'))
    with pytest.raises(QueryError, match=r'gen\.policy, life\.policy'):
        lake.rows('SELECT * FROM policy')


def test_only_tables_that_a_query_names_are_opened(lake):
    lake.publish('gen.broken', columns('a int'), ({'a': [1]}, None))
    for path in (lake.folder / 'gen' / 'broken').rglob('*.parquet'):
        path.write_bytes(b'no parquet')
    assert lake.rows('SELECT count(*) FROM gen.policy') == [(3,)]
    with pytest.raises(QueryError):
        lake.rows('SELECT count(*) FROM gen.broken')


def test_a_partition_whose_folder_is_gone_is_named(lake):
    place = lake.folder / 'gen' / 'claim' / '2026-01-01'
    place.joinpath('part-0.parquet').unlink()
    assert lake.rows('SELECT count(*) FROM gen.claim') == [(0,)]
    place.rmdir()
    with pytest.raises(QueryError, match=r'2026/01/01 of gen\.claim'):
        lake.rows('SELECT count(*) FROM gen.claim')


def test_only_data_files_directly_in_the_folder_are_read(lake):
    place = lake.folder / 'gen' / 'claim' / '2026-01-01'
    for name in ('_hidden.parquet', '.part-1.parquet', 'lake_load=2/part-2.parquet'):
        (place / name).parent.mkdir(exist_ok=True)
        (place / name).write_bytes((place / 'part-0.parquet').read_bytes())
    assert lake.rows('SELECT count(*) FROM gen.claim') == [(2,)]


def test_a_table_without_partitions_is_empty_and_typed(lake):
    lake.publish('gen.nothing', columns('amount decimal(8,2); tags map<string,array<int>>; at timestamp'))
    answer = query(lake.address, 'SELECT * FROM gen.nothing')
    assert answer.columns == ('amount', 'tags', 'at', 'year', 'month', 'day')
    assert answer.types == ('DECIMAL(8,2)', 'MAP(VARCHAR, INTEGER[])', 'TIMESTAMP', 'VARCHAR', 'VARCHAR', 'VARCHAR')
    assert answer.rows == []


# Each case: value in the older file, its Arrow type, its catalog type, the table's type now, what readers shall see.
WIDENINGS = {
    'int_bigint': (7, pa.int32(), 'int', 'bigint', 7),
    'decimal_precision': (Decimal('1.25'), pa.decimal128(8, 2), 'decimal(8,2)', 'decimal(12,2)', Decimal('1.25')),
    'decimal_scale': (Decimal('1.25'), pa.decimal128(8, 2), 'decimal(8,2)', 'decimal(16,4)', Decimal('1.2500')),
    'float_double': (1.5, pa.float32(), 'float', 'double', 1.5),
    'date_timestamp': (date(2026, 3, 4), pa.date32(), 'date', 'timestamp', datetime(2026, 3, 4)),
    'timestamp_kept': (datetime(2026, 3, 4, 5), pa.timestamp('us'), 'timestamp', 'timestamp', datetime(2026, 3, 4, 5)),
    'timestamp_in_utc': (
        datetime(2026, 3, 4, 5), pa.timestamp('us', 'UTC'), 'timestamp', 'timestamp', datetime(2026, 3, 4, 5)),
    'text_int': ('12', pa.string(), 'string', 'int', 12),
    'text_with_fraction_int': ('12.7', pa.string(), 'string', 'int', None),
    'double_int_is_cut': (12.7, pa.float64(), 'double', 'int', 12),
    'int_text': (12, pa.int32(), 'int', 'string', '12'),
    'bigint_int_too_large': (5000000000, pa.int64(), 'bigint', 'int', None),
    'int_date_do_not_relate': (12, pa.int32(), 'int', 'date', None),
    'boolean_date_do_not_relate': (True, pa.bool_(), 'boolean', 'date', None),
    'struct_reshaped': (
        {'a b': 1, 'c': 'x'}, pa.struct([('a b', pa.int32()), ('c', pa.string())]), 'struct<a b:int,c:string>',
        'struct<c:string,a b:bigint,d:date>', {'c': 'x', 'a b': 1, 'd': None}),
    'array_widened': ([1, 2], pa.list_(pa.int32()), 'array<int>', 'array<bigint>', [1, 2]),
    'map_widened': (
        [('k', 1)], pa.map_(pa.string(), pa.int32()), 'map<string,int>', 'map<string,double>', {'k': 1.0}),
    'struct_text': ({'a': 1}, pa.struct([('a', pa.int32())]), 'struct<a:int>', 'string', '{"a":1}'),
    'text_struct_do_not_relate': ('x', pa.string(), 'string', 'struct<a:int>', None),
    'binary_kept': (b'\x01', pa.binary(), 'binary', 'binary', b'\x01'),
}


def test_values_of_older_files_take_the_types_that_the_table_has_now(lake):
    new = columns('; '.join(f'{name} {now}' for name, (_, _, _, now, _) in WIDENINGS.items()))
    old = columns('; '.join(f'{name} {before}' for name, (_, _, before, _, _) in WIDENINGS.items()))
    content = {name: pa.array([value], kind) for name, (value, kind, *_) in WIDENINGS.items()}
    lake.publish('gen.widened', new, (content, old), ({'int_bigint': pa.array([8], pa.int64())}, new))
    answer = query(lake.address, 'SELECT * FROM gen.widened ORDER BY day')
    found = dict(zip(answer.columns, answer.rows[0], strict=True))
    assert {name: found[name] for name in WIDENINGS} == {name: case[-1] for name, case in WIDENINGS.items()}
    assert answer.rows[1] == (8, *[None] * (len(WIDENINGS) - 1), '2026', '01', '02')


def test_added_dropped_and_reordered_columns(lake):
    lake.publish(
        'gen.reshaped', columns('policy_number string; amount int'),
        ({'AMOUNT': pa.array([1], pa.int32()), 'remark': ['gone']}, columns('amount int; remark string')),
        ({'amount': pa.array([2], pa.int32()), 'policy_number': ['P2']}, None))
    assert lake.rows('SELECT policy_number, amount, day FROM reshaped ORDER BY day') == [
        (None, 1, '01'), ('P2', 2, '02')]


def test_a_view_reads_tables_and_views_and_is_queried_by_name(lake):
    identifier = lake.engine.run('gen_consume', 'CREATE OR REPLACE VIEW paid AS SELECT policy_number, '
                                                'sum(paid) AS paid FROM gen.claim GROUP BY policy_number')
    lake.engine.run('gen_consume', 'CREATE VIEW "gen_consume"."Loss" AS SELECT p.policy_number, paid / premium AS '
                                   'ratio FROM Gen.Policy p JOIN paid ON paid.policy_number = p.policy_number')
    assert identifier
    assert lake.rows('SELECT * FROM gen_consume.loss') == [('P1', 0.3)]
    assert lake.rows('SELECT count(*) FROM LOSS') == [(1,)]
    lake.publish('gen.claim', columns('policy_number string; paid double'),
                 ({'policy_number': ['P1'], 'paid': [50.0]}, None))
    assert lake.rows('SELECT ratio FROM loss') == [(0.5,)]


def test_a_view_is_replaced_and_dropped(lake):
    lake.engine.run('gen', 'CREATE VIEW v AS SELECT 1 AS one')
    with pytest.raises(QueryError, match='CREATE OR REPLACE'):
        lake.engine.run('gen', 'CREATE VIEW v AS SELECT 2 AS two')
    lake.engine.run('gen', 'CREATE OR REPLACE VIEW v AS SELECT 2 AS two')
    assert lake.rows('SELECT * FROM gen.v') == [(2,)]
    lake.engine.run('gen', 'DROP VIEW v')
    lake.engine.run('gen', 'DROP VIEW IF EXISTS gen.v')
    with pytest.raises(QueryError, match='does not exist'):
        lake.engine.run('gen', 'DROP VIEW v')


WRONG_STATEMENTS = [
    ('CREATE VIEW policy AS SELECT 1 AS one', 'is a table'),
    ('CREATE VIEW nowhere.v AS SELECT 1 AS one', 'Database nowhere does not exist'),
    ('CREATE VIEW v AS SELECT * FROM polcy', r'Did you mean gen\.policy'),
    ('CREATE VIEW v AS SELECT polcy_number FROM policy', 'policy_number'),
    ('CREATE VIEW v (a) AS SELECT 1', 'list of columns'),
    ('CREATE VIEW v AS SELECT FROM WHERE', 'line 1'),
    ('CREATE TABLE t AS SELECT 1 AS one', 'CREATE TABLE'),
    ('INSERT INTO policy SELECT * FROM policy', 'INSERT INTO'),
    ('MSCK REPAIR TABLE policy', 'MSCK REPAIR'),
    ('SELECT unknown FROM policy', 'unknown'),
    ('SELECT 1; SELECT 2', 'one statement, found 2'),
]


@pytest.mark.parametrize('statement, reason', WRONG_STATEMENTS, ids=[text[:45] for text, _ in WRONG_STATEMENTS])
def test_a_wrong_statement_is_refused_and_leaves_nothing(lake, statement, reason):
    with pytest.raises(QueryError, match=reason):
        lake.engine.run('gen', statement)
    with pytest.raises(QueryError):
        lake.rows('SELECT * FROM gen.v')
    assert lake.rows('SELECT count(*) FROM gen.policy') == [(3,)]


def test_a_select_is_proven_without_reading_rows(lake):
    assert lake.engine.run('gen', 'SELECT CAST(policy_number AS integer) FROM policy')


def test_a_view_cannot_come_to_read_itself(lake):
    lake.engine.run('gen', 'CREATE VIEW a AS SELECT 1 AS one')
    lake.engine.run('gen', 'CREATE VIEW b AS SELECT * FROM a')
    with pytest.raises(QueryError, match='read itself'):
        lake.engine.run('gen', 'CREATE OR REPLACE VIEW a AS SELECT * FROM b')
    assert lake.rows('SELECT * FROM b') == [(1,)]


def test_a_view_over_something_that_is_gone_says_so(lake):
    lake.engine.run('gen', 'CREATE VIEW a AS SELECT 1 AS one')
    lake.engine.run('gen', 'CREATE VIEW b AS SELECT * FROM a')
    lake.engine.run('gen', 'DROP VIEW a')
    with pytest.raises(QueryError, match=r'View gen\.b reads gen\.a'):
        lake.rows('SELECT * FROM b')


def test_a_table_cannot_be_published_under_the_name_of_a_view(lake):
    lake.engine.run('gen', 'CREATE VIEW v AS SELECT 1 AS one')
    with pytest.raises(PublicationError, match=r'gen\.v is a view'):
        lake.publish('gen.v', columns('a int'))


def test_a_lake_that_does_not_exist_is_not_made_by_asking(tmp_path):
    with pytest.raises(QueryError, match='Load a file first'):
        query(f'sqlite://{tmp_path}/none/lake.db', 'SELECT 1')
    assert not (tmp_path / 'none').exists()


def test_queries_need_neither_spark_nor_aws(lake):
    code = (f'import sys; sys.path[:0] = {sys.path!r}\n'
            'from lake_etl.adapters.local.duckdb_queries import query\n'
            f'query({lake.address!r}, "SELECT count(*) FROM gen.policy")\n'
            'print(sorted({"pyspark", "pandas", "boto3", "pyarrow"} & set(sys.modules)))')
    answer = subprocess.run([sys.executable, '-c', code], capture_output=True, text=True, check=True)
    assert answer.stdout.strip() == '[]'


def test_a_query_finds_nothing_of_the_queries_before_it_in_the_same_process(lake, tmp_path):
    lake.engine.run('gen_consume', "CREATE VIEW coded AS SELECT regexp_replace(policy_number, '(P)', '$1-') AS code "
                                   'FROM gen.policy')
    other = Lake(tmp_path / 'other')
    other.publish('gen.claim', columns('amount int'), ({'amount': pa.array([7], pa.int32())}, None))
    of_instance = ("SELECT schema_name FROM duckdb_views() WHERE NOT internal UNION ALL SELECT function_name FROM "
                   "duckdb_functions() WHERE function_type <> 'macro' AND starts_with(function_name, 'athena_')")
    for _ in range(2):
        assert lake.rows("SELECT min(code), regexp_replace('b', '(b)', '$1$1') FROM coded") == [('P-1', 'bb')]
        with pytest.raises(QueryError, match='ConversionException'):
            lake.rows('SELECT CAST(policy_number AS int) FROM gen.policy')
        assert native_query(other.address, 'SELECT amount FROM gen.claim').rows == [(7,)]
        assert native_query(other.address, of_instance).rows == [('gen',)]
        with pytest.raises(QueryError, match='CatalogException about policy'):
            native_query(other.address, 'SELECT * FROM gen.policy')
    shutil.rmtree(other.folder / 'gen')
    other.publish('gen.claim', columns('amount int'), ({'amount': pa.array([8], pa.int32())}, None))
    assert other.rows('SELECT amount FROM gen.claim') == [(8,)]


def test_queries_at_the_same_time_get_their_own_answers(lake):
    def ask(number):
        with answering(lake.address, f"SELECT regexp_replace('P{number}', '(P)', '$1-') FROM gen.policy") as answer:
            meeting.wait(timeout=60)    # all queries are open now
            return answer.whole().rows
    meeting = Barrier(4)
    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(ask, range(4))) == [[(f'P-{number}',)] * 3 for number in range(4)]


def test_a_program_that_has_asked_can_fork_and_both_processes_ask_and_end(lake):
    code = (f'import os, sys; sys.path[:0] = {sys.path!r}\n'
            'from lake_etl.adapters.local.duckdb_queries import query\n'
            f'ask = lambda: query({lake.address!r}, "SELECT count(*) FROM gen.policy").rows[0][0]\n'
            'ask()\n'
            'child = os.fork()\n'
            'found = ask()\n'
            'sys.exit(found + os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) if child else found)')
    assert subprocess.run([sys.executable, '-c', code], timeout=60).returncode == 3 + 3


def test_the_values_of_published_columns_tell_which_look_personal(lake):
    mails = [f'{number}@example.org' for number in range(30)]
    odd = 'a "b'
    lake.publish('gen.contact', (Column('id', 'int'), Column('sent_to', 'string'), Column(odd, 'string')),
                 ({'id': pa.array(range(30), pa.int32()), 'sent_to': mails[:10] + [None] * 20,
                   odd: [f'P-{number}' for number in range(30)]}, None),
                 ({'id': pa.array(range(30), pa.int32()), 'sent_to': mails, odd: mails[:30]}, None))
    found = personal_values(lake.address, lake.catalog.table('gen', 'contact'))
    assert found == {'sent_to': 'an e-mail address'}


def test_other_programs_read_tables_and_views_by_an_attached_database(lake, tmp_path, capsys):
    lake.engine.run('gen_consume', 'CREATE VIEW paid AS '
                    'SELECT policy_number, sum(paid) AS paid FROM gen.claim GROUP BY 1')
    lake.engine.run('gen_consume', 'CREATE VIEW twice AS SELECT 2 * paid AS paid FROM paid')
    lake.engine.run('gen_consume', "CREATE VIEW coded AS SELECT regexp_replace(policy_number, '(P)', '$1-') AS code "
                                   'FROM gen.policy')
    file = tmp_path / "it's a lake.duckdb"
    for _ in range(2):
        assert main(['--lake', str(lake.folder), 'attach', str(file)]) == 0
        said = capsys.readouterr().out
        with duckdb.connect() as other:
            other.execute("ATTACH '" + str(file).replace("'", "''") + "' AS lake (READ_ONLY)")
            found = other.execute('SELECT count(*), sum(premium) FROM lake.gen.policy').fetchone()
            assert found == (3, Decimal('150.50'))
            assert other.execute('SELECT paid FROM lake.gen_consume.twice').fetchall() == [(60.0,)]
            views = {name for name, in other.execute(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'gen_consume'").fetchall()}
        assert f'reads 2 tables and {len(views)} views' in said and {'paid', 'twice'} <= views
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith('.')] == []


def test_a_file_that_is_no_database_stays_as_it_is(lake, tmp_path):
    file = tmp_path / 'notes.txt'
    file.write_text('mine')
    assert main(['--lake', str(lake.folder), 'attach', str(file)]) == 1
    assert main(['--lake', str(lake.folder), 'attach', str(tmp_path / 'missing' / 'a.duckdb')]) == 1
    assert file.read_text() == 'mine'


def test_a_database_that_another_program_is_writing_to_stays_and_one_that_it_reads_is_replaced(lake, tmp_path, capsys):
    file = tmp_path / 'lake.duckdb'
    open_it = ("import duckdb, sys; opened = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == 'reading'); "
               'print(flush=True); sys.stdin.read()')
    assert main(['--lake', str(lake.folder), 'attach', str(file)]) == 0
    for how, status in (('writing', 1), ('reading', 0)):
        with subprocess.Popen([sys.executable, '-c', open_it, str(file), how], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE) as other:
            other.stdout.readline()
            before = file.stat().st_ino
            assert main(['--lake', str(lake.folder), 'attach', str(file)]) == status
            assert (file.stat().st_ino == before) == bool(status)
            other.communicate()
        assert ('is open for writing in another program' in capsys.readouterr().err) == bool(status)


def test_a_damaged_file_and_a_view_of_a_column_that_is_gone_are_named(lake, tmp_path, capsys, caplog):
    lake.engine.run('gen', 'CREATE VIEW paid AS SELECT paid FROM claim')
    lake.publish('gen.claim', columns('policy_number string'), ({'policy_number': ['P1']}, None))
    file = tmp_path / 'lake.duckdb'
    assert main(['--lake', str(lake.folder), 'attach', str(file)]) == 0
    assert 'View gen.paid is left out' in caplog.text
    written = file.read_bytes()
    next((lake.folder / 'gen' / 'policy').rglob('*.parquet')).write_text('damaged')
    capsys.readouterr()
    assert main(['--lake', str(lake.folder), 'attach', str(file)]) == 1
    assert capsys.readouterr().err == (
        'lake: Nothing was written, because a file of gen.policy cannot be read: it is damaged, or it was removed a '
        'moment ago. Load the table again, then repeat.\n')
    assert file.read_bytes() == written


@pytest.mark.parametrize('statement', ['CREATE TABLE mine AS SELECT 1 AS a', 'CREATE VIEW mine AS SELECT 1 AS a'])
def test_a_database_that_the_lake_did_not_write_stays_as_it_is(lake, tmp_path, statement):
    file = tmp_path / 'mine.duckdb'
    with duckdb.connect(str(file)) as own:
        own.execute(statement)
    assert main(['--lake', str(lake.folder), 'attach', str(file)]) == 1
    with duckdb.connect(str(file), read_only=True) as own:
        assert own.execute('SELECT a FROM mine').fetchall() == [(1,)]


def test_a_table_that_somebody_added_to_an_attached_database_stays(lake, tmp_path):
    file = tmp_path / 'lake.duckdb'
    assert main(['--lake', str(lake.folder), 'attach', str(file)]) == 0
    with duckdb.connect(str(file)) as own:
        own.execute('CREATE TABLE mine AS SELECT 1 AS a')
    assert main(['--lake', str(lake.folder), 'attach', str(file)]) == 1
    with duckdb.connect(str(file), read_only=True) as own:
        assert own.execute('SELECT a FROM mine').fetchall() == [(1,)]
