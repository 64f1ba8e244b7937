"""Each line of a job's log names its execution, and programs can parse it as JSON whatever it contains."""
from __future__ import annotations

import json
import logging
import sys
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from unittest import mock

import pytest

from lake_etl.errors import LakeError
from lake_etl.jobs.logs import failure_logged, formatter, open_log

ARGS = {'JOB_NAME': 'dev-job', 'execution_id': 'e-1'}
AS_JSON = {**ARGS, 'log_format': 'json'}
OF_EVERY_LINE = {'timestamp', 'level', 'logger', 'message', 'execution_id', 'job_name'}


def record(message: str, *arguments: object, exc_info=None, **extra: object) -> logging.LogRecord:
    """Return what a logger makes of a warning."""
    return logging.getLogger('lake_etl.part').makeRecord(
        'lake_etl.part', logging.WARNING, 'part.py', 7, message, arguments, exc_info, extra=extra)


def logged(*arguments: object, **named: object) -> dict[str, object]:
    """Return the fields of a line of JSON."""
    line = formatter(AS_JSON).format(record(*arguments, **named))
    assert line.splitlines() == [line] and line.isascii()
    return json.loads(line)


@contextmanager
def root_logger() -> Iterator[logging.Logger]:
    """Let the root logger be as a process begins with it, without the handlers of the tests."""
    root, level = logging.getLogger(), logging.getLogger().level
    with mock.patch.object(root, 'handlers', []):
        yield root
    root.setLevel(level)


def test_a_line_is_an_object_with_time_place_message_execution_and_job():
    fields = logged('Read %d rows of %s.', 7, 'a.csv')
    assert set(fields) == OF_EVERY_LINE
    assert {name: fields[name] for name in OF_EVERY_LINE - {'timestamp'}} == {
        'level': 'WARNING', 'logger': 'lake_etl.part', 'message': 'Read 7 rows of a.csv.', 'execution_id': 'e-1',
        'job_name': 'dev-job'}
    at = datetime.fromisoformat(str(fields['timestamp']))
    assert at.tzinfo == UTC and abs((datetime.now(UTC) - at).total_seconds()) < 60


def test_extra_fields_stand_beside_the_others_with_their_types():
    fields = logged('Published.', published_rows=7, table='gen.policy', places=['a', 'b'], path=Path('/a'))
    assert {name: fields[name] for name in fields.keys() - OF_EVERY_LINE} == {
        'published_rows': 7, 'table': 'gen.policy', 'places': ['a', 'b'], 'path': '/a'}


def test_an_extra_field_changes_none_of_every_line():
    fields = logged('Read.', execution_id='other', level='none', timestamp='never')
    assert (fields['execution_id'], fields['level']) == ('e-1', 'WARNING') and fields['timestamp'] != 'never'


@pytest.mark.parametrize('error', [ValueError('Jane'), LakeError('It is empty.')])
def test_an_exception_is_a_field_with_the_calls_and_without_the_words_of_others(error):
    try:
        try:
            raise KeyError('Jane')
        except KeyError as behind:
            raise error from behind
    except (ValueError, LakeError):
        fields = logged('It failed.', exc_info=sys.exc_info())
    told = str(fields['exception'])
    assert fields['message'] == 'It failed.' and set(fields) == {*OF_EVERY_LINE, 'exception'}
    assert told.startswith('Traceback (most recent call last):\n  File "')
    assert told.endswith(('LakeError: It is empty.', 'hold values of rows.'))
    assert "'Jane'" not in told.replace("KeyError('Jane')", '') and 'KeyError:' not in told


def test_the_words_of_a_library_are_not_logged(capsys):
    with root_logger(), warnings.catch_warnings():
        open_log(ARGS)
        logging.getLogger('botocore.auth').warning('Jane %s', 'Doe', exc_info=ValueError('Jane'))
        logging.getLogger('botocore.auth').info('Jane')
        warnings.showwarning('Jane', UserWarning, '/a/b.py', 7)
    told = capsys.readouterr().err
    assert 'Jane' not in told and 'WARNING e-1 botocore.auth: ' in told and 'UserWarning in b.py, line 7.' in told
    assert len(told.splitlines()) == 2


@pytest.mark.parametrize('args, levels', [(AS_JSON, ['ERROR']), (ARGS, [])])
def test_what_ends_a_run_is_logged_with_its_execution_where_lines_are_objects(caplog, args, levels):
    with pytest.raises(LakeError, match='No such table.'), failure_logged(args):
        raise LakeError('No such table.')
    assert [line.levelname for line in caplog.records] == levels
    assert all('LakeError: No such table.' in json.loads(formatter(args).format(line))['exception']
               for line in caplog.records)


@pytest.mark.parametrize('text', ['größe 保険 🙂', 'a\nb\r\nc', 'a\u2028b\x85c', '"\\\t{}', 'half \ud83d'])
def test_whatever_a_text_holds_it_is_one_line_that_gives_it_back(text):
    fields = logged('%s', text, name_of_file=text)
    assert (fields['message'], fields['name_of_file']) == (text, text)


@pytest.mark.parametrize('args', [ARGS, {**ARGS, 'log_format': 'text'}])
def test_without_a_format_a_line_is_a_sentence_with_the_execution_in_it(args):
    line = formatter(args).format(record('Read %d rows.', 7, table='gen.policy'))
    assert line.endswith(' WARNING e-1 lake_etl.part: Read 7 rows.')


def test_an_unknown_format_is_refused_also_where_the_log_is_that_of_somebody_else():
    with pytest.raises(LakeError, match="--log_format is 'xml', expected 'text' or 'json'"):
        open_log({**ARGS, 'log_format': 'xml'})


def test_a_run_logs_to_standard_error_from_information_upwards(capsys):
    with root_logger():
        open_log(AS_JSON)
        logging.getLogger('lake_etl.part').info('Read.')
        logging.getLogger('lake_etl.part').debug('Looked.')
    written = capsys.readouterr()
    assert (json.loads(written.err)['message'], written.out) == ('Read.', '')


def test_the_next_run_of_a_process_logs_under_its_own_execution(capsys):
    with root_logger():
        open_log(ARGS)
        open_log({**AS_JSON, 'execution_id': 'e-2'})
        logging.getLogger('lake_etl.part').info('Read.')
    assert json.loads(capsys.readouterr().err)['execution_id'] == 'e-2'


def test_a_log_that_somebody_else_has_set_up_stays_as_it_is():
    with root_logger() as root:
        other = logging.NullHandler()
        root.addHandler(other)
        root.setLevel(logging.ERROR)
        open_log(AS_JSON)
        assert (root.handlers, root.level) == ([other], logging.ERROR)
