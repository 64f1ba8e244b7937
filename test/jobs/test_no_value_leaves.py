"""No value leaks: marked values are searched in every byte written after more than 200 kinds of failure."""
from __future__ import annotations

import json
import logging
import shutil
import subprocess
import sys
from itertools import chain

import pytest
from pyspark.sql import functions as F

from lake_etl.jobs.logs import failure_logged
from lake_etl.reasons.engine_failure import engine_reason
from lake_etl.reasons.failure import reason_of
from lake_etl.reasons.own_words import own_words_only
from lake_etl.spark.session import user_sql_rules
from lib.local_lake import cli
from lib.local_lake.commands.demo import _load_lookups
from lib.local_lake.folders import REPOSITORY
from lib.local_lake.running.samples import SAMPLES
from marked_values import as_csv, found_in, history, logged, marked_document, marker, protected_columns, stored

VALUE = marker('value', 7)
SCRIPTS = REPOSITORY / 'lib' / 'glue_scripts'
# Conditions and expressions on a text column v that Spark fails on, at the latest when it reads a row.
CONVERSIONS = ["to_number(v, '999')", "to_binary(v, 'hex')", "to_binary(v, 'base64')", "unhex(v) + 1",
               "from_utc_timestamp(timestamp'2026-01-01', v)", "to_utc_timestamp(timestamp'2026-01-01', v)",
               "convert_timezone('UTC', v, timestamp_ntz'2026-01-01')", 'cast(v AS interval day)',
               'cast(v AS interval year)', 'cast(v AS interval day to second)',
               "from_csv(v, 'x int', map('mode', 'FAILFAST'))", "from_json(v, 'x int', map('mode', 'FAILFAST'))",
               "str_to_map(concat(v, ',', v))", 'map(v, 1, v, 2)', 'map_from_arrays(array(v, v), array(1, 2))',
               'map_from_arrays(array(v), array(1, 2))', "regexp_extract(v, v, 9)",
               "regexp_replace(v, concat('(', v), '')", "v rlike concat('[', v)", r"v like concat(v, '\\')",
               "split(v, concat('(', v))", 'raise_error(v)',
               'assert_true(v IS NULL, v)', "parse_url(v, 'HOST')", "date_trunc(v, now()) > now()", 'encode(v, v)',
               "decode(cast(v AS binary), v)", "aes_encrypt(v, v)", "aes_decrypt(cast(v AS binary), v)",
               "schema_of_json(v)", "sequence(1, 9, length(v) - length(v))", "element_at(array(v), 0)",
               "element_at(array(v), 9)", "array(v)[9]", "element_at(map(v, 1), concat(v, v))", "elt(9, v)",
               "cast(v AS int)", "cast(v AS decimal(4,2))", "cast(v AS date)", "cast(v AS timestamp)",
               "cast(v AS boolean)", "cast(v AS double)", "v + 1", "v / 0", "length(v) / 0", "to_date(v)",
               "to_date(v, 'yyyy-MM-dd')", "to_timestamp(v, 'yyyy')", "unix_timestamp(v, 'yyyy')", "date_add(v, 1)",
               "make_date(v, 1, 1)", "next_day(date'2026-01-01', v)", "cast(length(v) * 100000 AS tinyint)",
               "conv(v, 99, 2)", 'url_decode(concat(\'%\', v))', "to_char(123456, v)", "(SELECT v UNION ALL SELECT 1)",
               "(SELECT concat(v, id) FROM range(2))", "bigint(v)", "xpath_int(v, v)", "format_string(v, v)",
               "format_string(concat('%', v), 1)", "nothing(v)", "nothing", "v..w", "extract(v FROM now())",
               "timestampadd(v, 1, now())", "percentile(v, 2)", "cast(v AS nothing)", "from_avro(v)", "bit_get(1, 99)",
               "interval v day", "shiftleft(v, 1)", "make_timestamp(v, 1, 1, 1, 1, 1)", "luhn_check(v) + v",
               "try_to_number(v, '9') + v", "inline(array(v))", "stack(2, v)", "json_tuple(v)", "window(v, '1 day')"]
# Each fails in a load of its own; how Spark words a failure is tested for all of them.
CONDITIONS = [f'({item}) IS NOT NULL' for item in CONVERSIONS[:24:3]]
ERRORS = [ValueError(VALUE), KeyError(VALUE), RuntimeError(VALUE, VALUE), OSError(2, VALUE, VALUE), TypeError(VALUE),
          UnicodeDecodeError('utf-8', VALUE.encode(), 0, 1, VALUE), ExceptionGroup(VALUE, [ValueError(VALUE)]),
          ArithmeticError(VALUE), AssertionError(VALUE), json.JSONDecodeError(VALUE, VALUE, 0), StopIteration(VALUE),
          type('PanicException', (BaseException,), {})(VALUE)]
QUERIES = ["SELECT CAST(v AS int) FROM t", "SELECT CAST(v AS date) FROM t", "SELECT v + 1 FROM t",
           "SELECT date_parse(v, '%Y') FROM t", "SELECT CAST(v AS boolean) FROM t",
           "SELECT CAST(v AS decimal(3,1)) FROM t",
           "SELECT error(v) FROM t", "SELECT regexp_like(v, '(' || v) FROM t", "SELECT CAST(v AS timestamp) FROM t",
           "SELECT from_hex(v) FROM t", "SELECT strptime(v, '%Y') FROM t", "SELECT CAST(v AS uuid) FROM t",
           "SELECT json_extract(v, '$.a') FROM t", "SELECT CAST(v AS json) FROM t", "SELECT CAST(v AS time) FROM t",
           "SELECT sqrt(-length(v)) FROM t", "SELECT CAST(v AS interval) FROM t",
           "SELECT (SELECT v FROM range(2)) FROM t",
           "SELECT CAST(concat(v, '1') AS bigint) FROM t", "SELECT CAST(v AS double) FROM t", "SELECT * FROM nothing",
           "SELECT CAST(v AS int[]) FROM t", "SELECT nothing FROM t"]
REASONS = [f"INVALID_CAST_ARGUMENT: Cannot cast '{VALUE}' to INT", f'GENERIC_INTERNAL_ERROR: {VALUE}', VALUE,
           f'"{VALUE}"', f"INVALID_FUNCTION_ARGUMENT: line 1:2: Invalid format: '{VALUE}'",
           f"HIVE_BAD_DATA: Error '{VALUE}'",
           f'ERROR: invalid input syntax for type integer: "{VALUE}"', f'ERROR: value too long: {VALUE}',
           f'DIVISION_BY_ZERO: {VALUE}', f'NUMERIC_VALUE_OUT_OF_RANGE: {VALUE}']
RULES = ['CustomSql "SELECT sum(CAST(v AS int)) FROM primary" > 1', 'CustomSql "SELECT v FROM primary" > 1',
         'CustomSql "SELECT raise_error(v) FROM primary" > 1', 'CustomSql "SELECT unhex(v) + 1 FROM primary" > 1',
         'CustomSql "SELECT v FROM primary WHERE to_binary(v) IS NULL"',
         'CustomSql "SELECT nothing FROM primary" > 1',
         'ColumnValues "v" in ["a"]', 'ColumnValues "v" matches "a"', 'ColumnValues "v" > 1', 'ColumnLength "v" < 2',
         'ColumnDataType "v" = "DATE"', 'IsUnique "v"', 'Mean "v" > 1', 'Sum "v" > 1', 'StandardDeviation "v" > 1',
         'Uniqueness "v" > 2', 'ColumnExists "w"', 'RowCount > 100', 'Completeness "v" > 2',
         'DistinctValuesCount "v" > 9',
         'ReferentialIntegrity "v" "gen.nothing.v" > 1',
         'ColumnCorrelation "v" "v" > 1', 'Entropy "v" > 9']
# Commands one after another in one process, and so with one start of Java.
NEXT = '-- next --\n'
ONE_AFTER_ANOTHER = f"""
import json, sys
from lib.local_lake.cli import main
for words in json.loads(sys.argv[1]):
    assert main(words) == 1
    sys.stderr.write({NEXT!r})
    sys.stderr.flush()
"""
BROKEN_JSON = ['{"id": 1, "tax": "%s"', '{"id": 1 "tax": "%s"}', '{"tax": %s}', '%s', '"%s', '{"tax": "%s", }', '["%s"',
               '{tax: %s}', '{"tax": \'%s}', '{"tax": "%s"}}x{', '{"%s"', '{"tax": "%s" "id": 2}', '{"tax": "%s\\q"}',
               '{"tax": nul, "a": "%s"}', '{"id": 01, "tax": "%s"}', '<tax>%s</tax>', '{"tax": "%s", "id": tru}',
               '{"tax":: "%s"}', '{,"tax": "%s"}', '{"id": 1,, "tax": "%s"}', '%s,%s', 'id=1;tax=%s', '{"id": - "%s"}']
BROKEN_XML = ['<tax>%s</id>', '<tax>%s', '<tax a=%s></tax>', '<tax>%s & x</tax>', '<tax>&%s;</tax>', '<1>%s</1>',
              '<tax>%s</TAX>', '<tax a="1" a="%s"/>', '<tax <%s>/>', '<?x %s', '<p:tax>%s</q:tax>', '%s</tax>',
              '<a><b>%s</a></b>']
MISFITS = ['%s', '1,%s', '1,%s,x,y,z', '1,x,%s,y,z', '%s,,', '"%s",1', '1,"%s"",x', '1,x,"%s"', "1;x;%s", '1\t%s',
           '%s,%s,%s,%s,%s', ',,,,%s', '"1,%s",x', '1,x']
OTHER_WIDTHS = ['%s', '1 %s', '1 Ann T1  %s', '%s%s', '2 x %s   y', 'a']


def kinds() -> int:
    """Return how many kinds of failure there are."""
    return sum(map(len, (CONVERSIONS, CONVERSIONS, CONDITIONS, ERRORS, ERRORS, QUERIES, REASONS, RULES, BROKEN_JSON,
                         BROKEN_XML, MISFITS, OTHER_WIDTHS, SAMPLES)))


def test_there_are_more_than_two_hundred_kinds():
    assert kinds() > 300


@pytest.fixture
def told(caplog, capsys):
    """Return what was logged and shown so far."""
    caplog.set_level(logging.DEBUG, 'lake_etl')

    def everything() -> bytes:
        screen = capsys.readouterr()
        return logged(caplog.records) + screen.out.encode() + screen.err.encode()
    return everything


def assert_nowhere(markers, *places):
    assert [(place, found) for place, content in chain(*places) if (found := found_in(content, markers))] == []


def distinct_samples():
    return list({sample.workflow: sample for sample in SAMPLES}.values())


@pytest.mark.parametrize('sample', distinct_samples(), ids=lambda sample: sample.workflow)
def test_a_sample_with_marked_values_in_every_column(lake, told, sample):
    for kind in ('transformation-spec', 'transformation-sql', 'dq-rules'):
        shutil.copytree(SCRIPTS / kind, lake.configuration / kind)
    lake.folders.root.mkdir()
    _load_lookups(lake.folders)
    kept, broken = [], []
    lines = sample.path.read_text().splitlines()
    if sample.file.endswith('.json'):
        whole = json.dumps(marked_document(json.loads(lines[0]), 'kept', kept))
        cut = json.dumps(marked_document(json.loads(lines[0]), 'cut', broken))[:-1]
        content, protected = '\n'.join([*lines[:3], whole, cut]), []
    else:
        names = lines[0].split(',')
        kept, broken = ([marker(kind, number) for number, _ in enumerate(names)] for kind in ('kept', 'cut'))
        content = '\n'.join(lines[:4]) + '\n' + as_csv([kept, broken[1:], [*broken, broken[0]]])
        wanted = protected_columns(lake.configuration, sample.workflow)
        protected = [text for name, text in zip(names, kept, strict=True) if name.lower() in wanted]
        assert protected or not wanted
    result = lake.run(sample.key, content)
    if protected:
        assert_nowhere([*protected, *broken], stored(lake))
    assert_nowhere([*kept, *broken], history(lake), [('told', told() + repr(result).encode())])


def run_all(lake, extension, content, steps, **settings):
    lake.configure('transformation-spec/Gen-Policy.json', {'input_spec': settings, 'transform_spec': steps})
    return lake.run(f'Gen/Policy/a.{extension}', content)


RULES_BEFORE = {'before_transform': {'quarantine_rules': ['IsComplete "id"']}}


@pytest.mark.parametrize('extension, texts, frame', [
    ('json', BROKEN_JSON, ('{"id": 1, "tax": "T"}\n', '{}\n', '')),
    ('xml', BROKEN_XML, ('<all><row><id>1</id><tax>T</tax></row>', '<row><id>2</id>{}</row>', '</all>')),
    ('csv', MISFITS, ('id,name,tax,city\n1,Ann,T,X\n', '{}\n', ''))])
@pytest.mark.parametrize('rules', [{}, RULES_BEFORE], ids=['no rules', 'quarantine'])
def test_rows_that_do_not_fit(lake, told, extension, texts, frame, rules):
    markers = [marker('row', number) for number, _ in enumerate(texts)]
    first, each, last = frame
    rows = [each.replace('{}', text.replace('%s', mark)) for text, mark in zip(texts, markers, strict=True)]
    lake.configure('dq-rules/dq-Gen-Policy.json', rules)
    result = run_all(lake, extension, first + ''.join(rows) + last, {'hash': ['tax']}, **(
        {'xml': {'row_tag': 'row'}} if extension == 'xml' else {}))
    assert result.status == 'SUCCEEDED', result.reason
    assert lake.rows("SELECT count(*) FROM gen.policy")[0][0] >= 1
    assert_nowhere(markers, stored(lake), [('told', told() + repr(result).encode())])


def test_lines_of_other_widths(lake, told):
    lake.configure('transformation-spec/Gen-Policy.csv', 'SourceName,DestName,Width\nid,id,2\nname,name,4\ntax,tax,4\n')
    markers = [marker('row', number) for number, _ in enumerate(OTHER_WIDTHS)]
    lines = [text.replace('%s', mark) for text, mark in zip(OTHER_WIDTHS, markers, strict=True)]
    result = run_all(lake, 'txt', '\n'.join(['1 Ann T1', *lines]) + '\n', {'hash': ['tax']}, fixed={})
    assert result.status == 'SUCCEEDED', result.reason
    assert_nowhere([text[:6] for text in markers], stored(lake))
    assert_nowhere(markers, [('told', told() + repr(result).encode())])


def test_conditions_that_fail_on_values(lake, told):
    failed = 0
    for condition in CONDITIONS:
        result = run_all(lake, 'csv', f'id,v\n1,{VALUE}\n', {'hash': ['id'], 'filterrows': [{'condition': condition}]})
        failed += result.status == 'FAILED'
        assert_nowhere([VALUE], [('result', repr(result).encode())])
    assert failed >= 5
    assert_nowhere([VALUE], history(lake), [('told', told())])


@pytest.fixture(scope='module')
def values(spark, tmp_path_factory):
    """A frame with a marked value that Spark reads from a file, so that it cannot know it beforehand."""
    file = str(tmp_path_factory.mktemp('values') / 'v.parquet')
    spark.createDataFrame([(VALUE,)], 'v string').coalesce(1).write.parquet(file)
    return spark.read.parquet(file)


def failure_of(act):
    """Return all that Python prints of what leaves a job in which that is done; nothing where nothing failed."""
    import traceback
    try:
        with own_words_only(), failure_logged({'log_format': 'json'}):
            act()
    except Exception as error:
        return ''.join(traceback.format_exception(error)) + reason_of(error)
    return ''


@pytest.mark.parametrize('ansi', [True, False])
def test_expressions_that_spark_fails_on(spark, values, told, ansi):
    def act(expression):
        if ansi:
            values.selectExpr(f'{expression} AS w').collect()
        else:
            with user_sql_rules(spark):
                values.selectExpr(f'{expression} AS w').collect()
    failures = {expression: failure_of(lambda: act(expression)) for expression in CONVERSIONS}
    assert sum(map(bool, failures.values())) >= (60 if ansi else 45)
    assert_nowhere([VALUE], ((name, text.encode()) for name, text in failures.items()), [('told', told())])


def raising(error):
    def act():
        try:
            raise LookupError(VALUE)
        except LookupError:
            raise error
    return act


def test_errors_that_python_code_raises(values, told):
    texts = [failure_of(raising(error)) for error in ERRORS]
    for error in ERRORS[:4]:
        kind = type(error)

        @F.udf('string')
        def failing(value):
            raise kind(value, value)
        texts.append(failure_of(lambda: values.select(failing('v')).collect()))
    assert all(texts)
    assert_nowhere([VALUE], ((str(number), text.encode()) for number, text in enumerate(texts)), [('told', told())])


def test_queries_that_fail_and_reasons_of_engines(lake, told):
    lake.publish('gen', 't', {'v': 'string'}, {('2026', '03', '04'): [(VALUE,)]})
    failed = sum(cli.main(['--lake', str(lake.folders.root), 'query', query]) for query in QUERIES[:-5])
    assert failed >= 12
    shown = told()
    # The answer of a query that succeeds shows values; here only what it says of a failure counts.
    errors = b'\n'.join(line for line in shown.splitlines() if b'lake: ' in line)
    assert_nowhere([VALUE], [('screen', errors), ('engines', '\n'.join(map(engine_reason, REASONS)).encode())])


def test_rules_that_fail(lake, told):
    lake.configure('dq-rules/dq-Gen-Policy.json', {
        stage: {'warn_rules': RULES} for stage in ('before_transform', 'after_transform')})
    result = run_all(lake, 'csv', f'id,v\n1,{VALUE}\n2,{VALUE}b\n', {'hash': ['v']})
    assert result.status == 'SUCCEEDED', result.reason
    assert_nowhere([VALUE], stored(lake), [('told', told() + repr(result).encode())])


def test_the_screen_of_a_run_holds_values_only_behind_a_warning(tmp_path):
    spec = tmp_path / 'transformation-spec' / 'Gen-Policy.json'
    spec.parent.mkdir()
    spec.write_text(json.dumps({'transform_spec': {'filterrows': [{'condition': "to_number(v, '999') > 1"}]}}))
    (tmp_path / 'a.csv').write_text(f'id,v\n1,{VALUE}\n')
    lake = ['--lake', str(tmp_path / 'lake'), '--config', str(tmp_path), '--verbose']
    load = ['run', str(tmp_path / 'a.csv'), '--workflow', 'Gen/Policy']
    shown = subprocess.run(
        [sys.executable, '-c', ONE_AFTER_ANOTHER, json.dumps([[*lake, *load], [*lake, '--debug', *load]])],
        cwd=REPOSITORY, capture_output=True, timeout=300)
    assert shown.returncode == 0 and not shown.stdout.count(VALUE.encode()), shown.stderr[-2000:]
    quiet, debugged = shown.stderr.split(NEXT.encode())[:2]
    for errors, debug in ((quiet, False), (debugged, True)):
        assert b'INVALID_FORMAT' in errors
        assert (b'may contain values of rows' in errors, VALUE.encode() in errors) == (debug, debug)
    assert VALUE.encode() not in b''.join(path.read_bytes() for path in (tmp_path / 'lake').glob('lake.db*'))
