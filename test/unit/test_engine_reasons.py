"""Engine messages of failed statements become code, position and names, without values from rows."""
from __future__ import annotations

import pytest

from lake_etl.reasons.engine_failure import NOT_SHOWN, engine_reason


@pytest.mark.parametrize('text, reason', [
    ("SYNTAX_ERROR: line 1:8: Column 'idd' cannot be resolved", 'SYNTAX_ERROR, line 1:8, name: idd'),
    ("COLUMN_NOT_FOUND: line 12:3: Column 'a.idd' cannot be resolved or requester is not authorized",
     'COLUMN_NOT_FOUND, line 12:3, name: a.idd'),
    ("INVALID_CAST_ARGUMENT: Cannot cast 'Jane' to INT", 'INVALID_CAST_ARGUMENT'),
    ("INVALID_FUNCTION_ARGUMENT: line 3:1: Invalid format: 'Jane' is malformed", 'INVALID_FUNCTION_ARGUMENT, line 3:1'),
    ("GENERIC_USER_ERROR: Jane", 'GENERIC_USER_ERROR'),
    ("DIVISION_BY_ZERO: / by zero", 'DIVISION_BY_ZERO'),
    ('ERROR: relation "gen.policy" does not exist', 'there is no relation gen.policy'),
    ('ERROR: permission denied for schema consume', 'permission denied for consume'),
    ('ERROR: syntax error at or near "selct"', 'syntax error near selct'),
    ('ERROR: invalid input syntax for type integer: "Jane"', NOT_SHOWN),
    ('Jane_Doe: is it', NOT_SHOWN), ('JANE_DOE is not a number', NOT_SHOWN),
    ('', NOT_SHOWN), ("Cannot cast 'JANE_DOE' to INT", NOT_SHOWN)])
def test_a_reason_holds_code_place_and_names_of_the_statement(text, reason):
    assert engine_reason(text) == reason
